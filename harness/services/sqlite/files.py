"""Copying and removing whole databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harness.services.sqlite.connect import connect

BESIDE = ("", "-journal", "-wal", "-shm")  # the files of one database
LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def remove(path: Path) -> None:
    """Remove a database with the files beside it."""
    for suffix in BESIDE:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


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
