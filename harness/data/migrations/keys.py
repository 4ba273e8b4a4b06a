"""Keys of content: what a database is built from, in 16 letters."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.errors import ConfigurationError

LEFT_OUT = {"__pycache__"}


def content_key(files: Iterable[Path], *parts: str) -> str:
    """Return a key of everything that a database is built from, as 16 hex digits.

    Args:
        files: Files whose names and contents count.
        parts: Whatever else counts.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    for part in parts:
        digest.update(f"\0{len(part)}\0{part}".encode())
    return digest.hexdigest()


def watched(places: Iterable[Path]) -> list[Path]:
    """Return the files of some places: each file itself, and all below a directory.

    Hidden files, hidden directories and `__pycache__` are left out.

    Raises:
        ConfigurationError: One is not there.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise ConfigurationError(
                f"there is nothing at {place}, which is to be watched",
                cause="paths are relative to the directory of the settings file, "
                "else to the working directory",
                hint="correct `watch=`",
            )
        found += files_below(place) if place.is_dir() else [place]
    return found


def files_below(directory: Path) -> list[Path]:
    """Return the files below a directory, in an order that is always the same."""
    found: list[Path] = []
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if counts(name))
        found += [Path(place, name) for name in sorted(names) if counts(name)]
    return found


def counts(name: str) -> bool:
    """Tell whether a file or directory of this name is content, not a by-product."""
    return not name.startswith(".") and name not in LEFT_OUT


def source_of(function: Callable[..., Any]) -> str:
    """Return what identifies a callable: its qualified name and its source, where it has one.

    What carries values of its own (a closure, a default, a partial, a bound method, an object) is
    equal to itself only: two of them can share a source and make different schemas.
    """
    name = f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"
    if carries_values(function):
        return f"{name}\n{os.getpid()} {id(function)}"
    try:
        return f"{name}\n{inspect.getsource(function)}"
    except (OSError, TypeError):
        return name


def carries_values(function: Callable[..., Any]) -> bool:
    """Tell whether what a callable does depends on more than its source."""
    if not inspect.isfunction(function):
        return True
    return bool(function.__closure__ or function.__defaults__ or function.__kwdefaults__)
