"""Files that are read as a stream, packed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast

from harness.data.progress import Progress
from harness.errors import MigrationError

BROKEN = (gzip.BadGzipFile, zlib.error, EOFError)  # what unpacking a broken file raises
MARK = b"\xef\xbb\xbf"  # what some editors begin a file with


@contextmanager
def opened(path: Path) -> Iterator[tuple[BufferedReader, Progress]]:
    """Open a file, which is unpacked if its name ends with `.gz`.

    Yields:
        The file, past the mark that some editors begin one with, and how far it was read.

    Raises:
        MigrationError: It cannot be read.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with raw:
        packed = path.suffix == ".gz"
        file = cast(BufferedReader, gzip.GzipFile(fileobj=raw)) if packed else raw
        try:
            if file.peek(len(MARK)).startswith(MARK):
                file.read(len(MARK))
            yield file, Progress(path.name, path.stat().st_size, raw.tell)
        except BROKEN as error:
            raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> MigrationError:
    """Return the error for a file that cannot be read."""
    return MigrationError(
        f"{path} cannot be read: {error}", hint="save it in UTF-8, and let us read it"
    )


def decoded(path: Path, content: bytes) -> str:
    """Return a file's content as text.

    Raises:
        MigrationError: It is not in UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise unreadable(path, error) from error
