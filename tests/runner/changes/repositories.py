"""Small projects under git, to change."""

import contextlib
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness.core.settings import Settings
from harness.runner.changes.reach import reach_of
from harness.runner.selection import Selection
from tests.support.unit import DirectoryTest

AUTHOR = {
    name: value
    for who in ("AUTHOR", "COMMITTER")
    for name, value in ((f"GIT_{who}_NAME", "A"), (f"GIT_{who}_EMAIL", "a@example.com"))
}
ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **AUTHOR}


def git(directory: Path, *words: str) -> str:
    """Run git, as nobody's settings have it; return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(directory), *words],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


with_git = unittest.skipUnless(shutil.which("git"), "git is not installed")


@with_git
class RepositoryTest(DirectoryTest):
    """A test with a repository of its own."""

    def start(self, **files: str) -> None:
        """Commit the first files: `a__b` is `a/b.py`."""
        git(self.directory, "init", "-q", "-b", "main")
        self.commit(**files)

    def commit(self, **files: str) -> str:
        """Commit all that is there, with some Python files; return the commit."""
        for name, text in files.items():
            self.write(f"{name.replace('__', '/')}.py".replace("/init.py", "/__init__.py"), text)
        git(self.directory, "add", "-A")
        git(self.directory, "commit", "-q", "--allow-empty", "-m", "a step")
        return git(self.directory, "rev-parse", "HEAD").strip()

    def reach(self, revision="HEAD", within=".", start=".", **variables):
        """Return what the changes since a revision can reach, from a directory."""
        with contextlib.chdir(self.directory / within):
            settings = Settings.read(Path.cwd(), environ=variables)
            return reach_of(revision, Selection(start=start), settings)

    def reached(self, *arguments, **options):
        """Return the files of tests that a change can reach, without their directory and ending."""
        toward = self.reach(*arguments, **options).toward
        return sorted(Path(path).stem for path in toward if Path(path).stem.startswith("test"))
