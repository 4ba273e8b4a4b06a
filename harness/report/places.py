"""Where in the sources a test has failed, as platforms of CI want to know it."""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.report.tracebacks import frames_of

FOREIGN = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Place:
    """A line of a file.

    Attributes:
        file: Its path below the root of the repository.
        line: Its number, from 1.
    """

    file: str
    line: int


class Sources:
    """The files of a repository.

    Args:
        root: Its root.
        directories: Where modules may be imported from; the working directory, for most.
    """

    def __init__(self, root: Path, *directories: Path) -> None:
        self._root = root.resolve()
        self._directories = [directory.resolve() for directory in (directories or (Path.cwd(),))]

    def place_of(self, test: str, text: str) -> Place | None:
        """Return where a test has failed; None if that is nowhere in the repository.

        It is the innermost frame in the test's own file; without one, the innermost frame in a
        file of the repository; without a traceback, the place where the test is written.

        Args:
            test: Its name.
            text: The traceback.
        """
        frames = [(self._absolute(frame["file"]), int(frame["line"])) for frame in frames_of(text)]
        own = [frame for frame in frames if is_of(frame[0], test)]
        ours = [frame for frame in frames if self._holds(frame[0])]
        for path, line in reversed(own or ours):
            if self._holds(path):
                return self._place(path, line)
        return self._definition(test)

    def _absolute(self, name: str) -> Path:
        return (self._directories[0] / name).resolve()

    def _holds(self, path: Path) -> bool:
        return path.is_relative_to(self._root) and not FOREIGN & set(path.parts)

    def _place(self, path: Path, line: int) -> Place:
        return Place(path.relative_to(self._root).as_posix(), line)

    def file_of(self, name: str) -> str | None:
        """Return the file that a test or a class is written in, below the root; None if unknown."""
        found = self._module(name)
        return None if found is None else found[0].relative_to(self._root).as_posix()

    def _definition(self, test: str) -> Place | None:
        """Return where a test is written: what ends its worker leaves no traceback."""
        found = self._module(test)
        return None if found is None else self._place(found[0], definition(*found))

    def _module(self, name: str) -> tuple[Path, list[str]] | None:
        """Return the file of the module that holds a name, and the names below it."""
        for module, names in splits(name):
            for directory in self._directories:
                path = directory / f"{module}.py"
                if self._holds(path) and path.is_file():
                    return path, names
        return None


def splits(test: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what may be the module of a test, as a path, with the names below; the longest first.

    Example:
        >>> next(splits("tests.test_a.ATest.test_b#2"))
        ('tests/test_a/ATest', ['test_b'])
    """
    names = test.partition("#")[0].split(".")
    for count in range(len(names) - 1, 0, -1):
        yield "/".join(names[:count]), names[count:]


def is_of(path: Path, test: str) -> bool:
    """Whether a file is the module that a test is written in."""
    return any(path.as_posix().endswith(f"/{module}.py") for module, _ in splits(test))


@functools.lru_cache(maxsize=16)
def tree_of(path: Path) -> ast.Module:
    """Return what is written in a file; nothing, if it cannot be read."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def definition(path: Path, names: list[str]) -> int:
    """Return the line in which a method of a class is defined, or as much of it as is there."""
    line, body = 1, tree_of(path).body
    for name in names:
        found = [node for node in body if getattr(node, "name", None) == name]
        if not found:
            break
        line, body = found[-1].lineno, getattr(found[-1], "body", [])
    return line


def repository(start: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the root of the repository that a directory is in.

    Args:
        start: The directory.
        environ: Environment variables: those in which platforms of CI name it come second.
    """
    for place in (start, *start.parents):
        if (place / ".git").exists():
            return place
    named = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR")
    return Path(named) if named and start.is_relative_to(named) else start
