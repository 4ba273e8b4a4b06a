"""Copying and removing whole databases."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.services.sqlite.connect import connect

BESIDE = ("-journal", "-wal", "-shm")  # what SQLite keeps next to a database
MOST_AT_ONCE = 1 << 30  # bytes
LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def remove(path: Path) -> None:
    """Remove a database with the files beside it."""
    path.unlink(missing_ok=True)
    remove_beside(path)


def remove_beside(path: Path) -> None:
    """Remove the files beside a database, which nobody needs any more."""
    for suffix in BESIDE:
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{suffix}")


def duplicate(source: Path, target: Path) -> None:
    """Copy a file; where the filesystem can, both share their blocks until one is written."""
    with source.open("rb") as ours, target.open("xb") as theirs:
        try:
            while os.copy_file_range(ours.fileno(), theirs.fileno(), MOST_AT_ONCE):
                pass
        except (AttributeError, OSError):  # not on this system, or not on this filesystem
            shutil.copyfile(source, target)


@contextmanager
def locked(connection: sqlite3.Connection) -> Iterator[None]:
    """Lock a database against everybody else in a block.

    Raises:
        sqlite3.OperationalError: Somebody has a lock on it.
    """
    connection.execute("begin exclusive")
    try:
        yield
    finally:
        connection.execute("rollback")


def copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Write all of one database over another.

    Raises:
        sqlite3.OperationalError: Somebody has a lock on the other.
    """

    def refuse(status: int, remaining: int, total: int) -> None:
        if status in LOCKED:  # sqlite3 would wait for ever
            raise sqlite3.OperationalError("database is locked")

    source.backup(target, progress=refuse)


def copy_to(source: sqlite3.Connection, path: Path) -> None:
    """Make a new file that equals what a connection sees."""
    target = connect(path, mode="rwc")
    try:
        copy(source, target)
    finally:
        target.close()
