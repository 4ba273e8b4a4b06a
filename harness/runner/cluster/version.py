"""Which code a machine has: it is compared before any work is given to it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import harness

SUFFIXES = (".py", ".sql")
LEFT_OUT = ("__pycache__", "node_modules")
SHORT = 8  # bytes of a digest


@dataclass(frozen=True)
class Version:
    """What decides what tests do, as far as it is code.

    Attributes:
        harness: Version of harness.
        python: Version of Python, without the last number.
        sources: Digest of each file of sources by its path; empty for one that is not there.
    """

    harness: str
    python: str
    sources: Mapping[str, str]

    @classmethod
    def of(cls, directory: Path, paths: Iterator[str] | list[str] | None = None) -> Version:
        """Return the version of what is in a directory.

        Args:
            directory: Where tests are run.
            paths: Which files count; all that are sources there if None.
        """
        chosen = sorted(sources_in(directory)) if paths is None else paths
        return cls(
            harness.__version__,
            f"{sys.version_info.major}.{sys.version_info.minor}",
            {path: digest_of(directory / path) for path in chosen},
        )

    def packed(self) -> bytes:
        """Return it as bytes: a big project has thousands of files, and a cluster many machines."""
        return zlib.compress(json.dumps(asdict(self)).encode())

    @classmethod
    def unpacked(cls, data: bytes) -> Version:
        """Return the version of which these are the bytes."""
        return cls(**json.loads(zlib.decompress(data)))

    def __str__(self) -> str:
        lines = "\n".join(f"{path} {digest}" for path, digest in self.sources.items())
        return f"harness {self.harness}, Python {self.python}, sources {shortened(lines.encode())}"

    def differing(self, other: Version) -> list[str]:
        """Return the paths of sources that another version has not, or has otherwise."""
        return [path for path, known in self.sources.items() if other.sources.get(path) != known]

    def complaint(self, other: Version) -> str:
        """Return what is wrong with another version; empty if it is the same."""
        if self == other:
            return ""
        differing = self.differing(other)
        more = f" and {len(differing) - 1} more differ" if len(differing) > 1 else " differs"
        named = f" ({differing[0]}{more})" if differing else ""
        return f"it has {other}{named}; the run is of {self}"


def sources_in(directory: Path) -> Iterator[str]:
    """Yield the paths of the sources below a directory, without those of installed libraries."""
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if is_ours(Path(folder, name))]
        for name in files:
            if name.endswith(SUFFIXES):
                yield Path(folder, name).relative_to(directory).as_posix()


def is_ours(folder: Path) -> bool:
    """Tell whether a folder may hold sources of the project."""
    hidden = folder.name.startswith(".") or folder.name in LEFT_OUT
    return not hidden and not (folder / "pyvenv.cfg").exists()


def digest_of(file: Path) -> str:
    """Return the digest of a file; empty if it cannot be read."""
    try:
        return shortened(file.read_bytes())
    except OSError:
        return ""


def shortened(data: bytes) -> str:
    """Return a digest that is short enough to be read."""
    return hashlib.blake2b(data, digest_size=SHORT).hexdigest()
