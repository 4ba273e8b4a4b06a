"""Opening a database file, as the tests of this package and as their owner does."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harness.services.sqlite.noting import NotingConnection

PATIENCE = 5.0  # seconds that a statement waits for another connection; sqlite3's own default


def connect(
    path: Path,
    *,
    mode: str = "rw",
    foreign_keys: bool = True,
    autocommit: bool = False,
    patience: float = PATIENCE,
) -> NotingConnection:
    """Open a connection that any thread may use, one at a time.

    Args:
        path: The file.
        mode: `rw`, `ro`, or `rwc` to make it.
        foreign_keys: Whether references are enforced, which SQLite leaves out unless it is asked.
        autocommit: Whether no statement begins a transaction by itself.
        patience: Seconds to wait for a lock.
    """
    connection: NotingConnection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        factory=NotingConnection,
        timeout=patience,
        check_same_thread=False,
        isolation_level=None if autocommit else "",  # type: ignore[arg-type]  # its default
    )
    connection.execute(f"pragma foreign_keys = {'on' if foreign_keys else 'off'}")
    connection.execute("pragma synchronous = off")  # a crash of the machine ends the tests anyway
    return connection


def is_open(connection: sqlite3.Connection | None) -> bool:
    """Tell whether there is a connection that nobody has closed."""
    try:
        return connection is not None and connection.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False
