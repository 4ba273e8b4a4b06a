"""What has changed since a revision, as git tells it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from harness.core.nearest import did_you_mean
from harness.errors import ConfigurationError
from harness.runner.changes.loading import SUFFIX
from harness.runner.changes.modules import below

OPTION = "--changed-since"
ALL = "run all tests, without it"
LINK = "120000 "  # the mode of one, as git has it
FETCH = (
    "fetch the whole history: `git fetch --unshallow`; in GitHub Actions `fetch-depth: 0` of "
    'actions/checkout, in GitLab CI `GIT_DEPTH: "0"`'
)


class Repository:
    """The git repository around a directory.

    Args:
        directory: A directory in it.

    Attributes:
        top: Its own directory; the paths that it tells are relative to it.

    Raises:
        ConfigurationError: There is no git, or no repository.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        code, found, said = self._ask("rev-parse", "--show-toplevel")
        if code:
            raise ConfigurationError(
                f"{OPTION}: {directory} is in no git repository that can be read",
                detail=said,
                hint=ALL,
            )
        self.top = self._directory = Path(found.rstrip("\n"))

    def base(self, revision: str) -> str:
        """Return the commit at which the current branch and a revision have parted.

        Raises:
            ConfigurationError: There is no such revision, or no such commit; with what to do.
        """
        for name in (revision, "HEAD"):
            code, _, _ = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            if code:
                raise self._unknown(name)
        code, found, said = self._ask("merge-base", revision, "HEAD")
        if code:
            raise self._apart(revision, said)
        return found.strip()

    def _unknown(self, revision: str) -> ConfigurationError:
        names = self._told("for-each-ref", "--format=%(refname:short)").split()
        hint = did_you_mean(revision, names) if names else "commit something first"
        return ConfigurationError(
            f"{OPTION}: there is no commit {revision!r} in this clone",
            cause="the clone is shallow" if self._shallow() else "it was mistyped, or not fetched",
            hint=FETCH if self._shallow() else f"git fetch; {hint}",
        )

    def _apart(self, revision: str, said: str) -> ConfigurationError:
        return ConfigurationError(
            f"{OPTION}: {revision} and HEAD have no commit in common in this clone",
            detail=said,
            cause="the clone is shallow" if self._shallow() else "they never had one",
            hint=FETCH if self._shallow() else "name a branch that HEAD comes from",
        )

    def _shallow(self) -> bool:
        return self._told("rev-parse", "--is-shallow-repository").strip() == "true"

    def changed(self, base: str) -> list[str]:
        """Return the files that differ from a commit: in later ones, not committed, or new.

        A file that was renamed is two: one is gone, and one is new.
        """
        options = ("--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none", "-z")
        differ = self._told("diff", *options, base, "--")
        new = self._told("ls-files", "--others", "--exclude-standard", "-z")
        return sorted({*listed(differ), *listed(new)})

    def python_files(self) -> list[str]:
        """Return the Python files that are there, new ones included."""
        told = self._told("ls-files", "--cached", "--others", "--exclude-standard", "-z")
        paths = {path for path in listed(told) if path.endswith(SUFFIX)}
        return sorted(path for path in paths if (self.top / path).is_file())

    def links(self) -> dict[str, str]:
        """Return the links, each with the file or the directory in the repository it leads to."""
        staged = listed(self._told("ls-files", "--stage", "-z"))
        paths = [line.partition("\t")[2] for line in staged if line.startswith(LINK)]
        ends = {path: Path(os.path.realpath(self.top / path)) for path in paths}
        return {path: end for path in paths if (end := below(ends[path], self.top))}

    def before(self, base: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return what files held at a commit; those that were not there are left out."""
        asked = list(paths)
        lines = "".join(f"{base}:{path}\n" for path in asked if "\n" not in path)
        answer = self._run("cat-file", "--batch", given=os.fsencode(lines)).stdout
        return dict(contents(answer, [path for path in asked if "\n" not in path]))

    def _told(self, *words: str) -> str:
        """Return what git says.

        Raises:
            ConfigurationError: It fails.
        """
        code, found, said = self._ask(*words)
        if code:
            raise ConfigurationError(f"git {words[0]} failed in {self.top}", detail=said, hint=ALL)
        return found

    def _ask(self, *words: str) -> tuple[int, str, str]:
        done = self._run(*words)
        return done.returncode, os.fsdecode(done.stdout), done.stderr.decode(errors="replace")

    def _run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "-C", str(self._directory), *words],
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
                input=given,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise ConfigurationError(
                f"{OPTION}: git cannot be run: {error.strerror}", hint=f"install git, or {ALL}"
            ) from error


def listed(told: str) -> list[str]:
    """Return the paths of a list that ends each with a zero."""
    return [path for path in told.split("\0") if path]


def contents(answer: bytes, paths: list[str]) -> Iterable[tuple[str, bytes]]:
    """Yield the files in an answer of `git cat-file --batch`, with their paths."""
    at = 0
    for path in paths:
        end = answer.index(b"\n", at)
        head, at = answer[at:end], end + 1
        if not head.endswith(b" missing"):
            size = int(head.rpartition(b" ")[2])
            yield path, answer[at : at + size]
            at += size + 1
