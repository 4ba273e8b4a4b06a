"""Whether a Python file names a file that is no Python, by what is written in it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from enum import IntEnum

from harness.runner.changes.modules import parent_of, tail

WILD = "*?["


class Mention(IntEnum):
    """How certain it is that a Python file reads another one."""

    NO = 0
    PERHAPS = 1  # it names a directory that the other lies in
    YES = 2  # it names the other, or the very directory

    @property
    def certain(self) -> bool:
        """Whether nothing more is to be known."""
        return self is Mention.YES


def mentions(texts: Iterable[str], reader: str, path: str) -> Mention:
    """Return whether texts in one file name another one.

    A name, or a path that ends with it; its directory, from the reader's or one above; or a
    pattern, together with a directory.

    Args:
        texts: What is written in the reader.
        reader: Its path.
        path: The other's.

    Example:
        >>> mentions(["rates.json"], "shop/rates.py", "shop/data/rates.json").name
        'YES'
        >>> mentions(["tests"], "noxfile.py", "tests/data/rates.json").name
        'PERHAPS'
    """
    places, pattern, best = list(above(reader)), False, Mention.NO
    for text in texts:
        parts = tail(text) if text.strip() else ()
        if not parts or len(text) > len(path) + 100:
            continue
        if any(sign in parts[-1] for sign in WILD):
            pattern = pattern or fits(parts[-1], path)
        elif path.endswith(f"/{'/'.join(parts)}") or path == "/".join(parts):
            return Mention.YES
        else:
            best = max(best, of_directory(parts, places, path))
    if pattern and (best or path.startswith(f"{parent_of(reader)}/".lstrip("/"))):
        return Mention.YES
    return best


def of_directory(parts: tuple[str, ...], places: list[str], path: str) -> Mention:
    """Return whether a text names a directory of a file, from one of some places."""
    around = parent_of(path)
    for place in places:
        named = "/".join([place, *parts]) if place else "/".join(parts)
        if named == around:
            return Mention.YES
        if path.startswith(f"{named}/"):
            return Mention.PERHAPS
    return Mention.NO


def fits(pattern: str, path: str) -> bool:
    """Tell whether a pattern that says more than `*` is one of a file's name."""
    name = path.rpartition("/")[2]
    return bool(pattern.strip("*")) and fnmatch.fnmatchcase(name, pattern)


def above(path: str) -> Iterable[str]:
    """Yield the directory of a file, and those above it, up to the repository's own.

    Example:
        >>> list(above("a/b/c.py"))
        ['a/b', 'a', '']
    """
    while path:
        path = parent_of(path)
        yield path
