"""The directory in which what explains a failure is kept: one folder for each failed test."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from pathlib import Path

LONGEST_NAME = 100
_made: list[Path] = []  # files of this process that nobody has asked for yet
UNSAFE = re.compile(r"[^A-Za-z0-9._=-]+")


def safe_name(text: str) -> str:
    """Return a text as the name of a file: of safe letters, of bounded length, never hidden.

    Where anything was lost, a digest of the text tells it from others.

    Example:
        >>> safe_name("tests.test_shop.ShopTest.test_buying")
        'tests.test_shop.ShopTest.test_buying'
        >>> safe_name("../../etc/passwd")
        'etc_passwd-830a08e2'
    """
    name = UNSAFE.sub("_", text).strip("._")
    if name and name == text and len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=4).hexdigest()
    return f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}".lstrip("-")


def new_folder(parent: Path, text: str) -> Path:
    """Make a folder that nobody has: where the name is taken, a number is added.

    Making a directory either succeeds or fails, also between processes.

    Raises:
        OSError: It cannot be made.
    """
    return first(parent, text, "", lambda folder: folder.mkdir())


def new_file(parent: Path, text: str, suffix: str) -> Path:
    """Make an empty file that nobody has, numbered like a folder.

    Raises:
        OSError: It cannot be made.
    """
    made = first(parent, text, suffix, lambda file: file.touch(exist_ok=False))
    _made.append(made)
    return made


def taken() -> list[Path]:
    """Return the files that were made since this was asked last: those of one test, at its end."""
    files = list(_made)
    _made.clear()
    return files


def first(parent: Path, text: str, suffix: str, make: Callable[[Path], object]) -> Path:
    """Make the first of `name`, `name-2`, `name-3`, ... that does not exist."""
    parent.mkdir(parents=True, exist_ok=True)
    name = safe_name(text)
    for number in itertools.count(2):
        place = parent / f"{name}{suffix}"
        try:
            make(place)
        except FileExistsError:
            name = f"{safe_name(text)}-{number}"
        else:
            break
    return place


def write(file: Path, text: str) -> None:
    """Write a text, whatever is in it.

    Raises:
        OSError: It cannot be written.
    """
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
