"""Opening a database file, as the tests of this package and as their owner does."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.services.sqlite.noting import noting
from harness.services.statements import Statements

PATIENCE = 5.0  # seconds that a statement waits for another connection; sqlite3's own default


class Connection(sqlite3.Connection):
    """A connection of sqlite3 whose locks end when it is closed.

    Without this, a cursor whose rows were not all read keeps them as long as it lives.

    Attributes:
        statements: Where its cursors note what they run; None for nowhere.
    """

    statements: Statements | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Return a new cursor."""
        made = super().cursor(factory if self.statements is None else noting(factory))
        self._cursors.add(made)
        return made

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement on a new cursor."""
        made: sqlite3.Cursor = self.cursor().execute(sql, parameters)
        return made

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Run a statement once for each of many rows, on a new cursor."""
        made: sqlite3.Cursor = self.cursor().executemany(sql, parameters)
        return made

    def executescript(self, script: str) -> sqlite3.Cursor:
        """Run many statements, on a new cursor."""
        made: sqlite3.Cursor = self.cursor().executescript(script)
        return made

    def close(self) -> None:
        """Close it, with its cursors."""
        for cursor in list(self._cursors) if is_open(self) else ():
            cursor.close()
        super().close()


def connect(
    path: Path,
    *,
    mode: str = "rw",
    foreign_keys: bool = True,
    autocommit: bool = False,
    patience: float = PATIENCE,
) -> Connection:
    """Open a connection that any thread may use, one at a time.

    Args:
        path: The file.
        mode: `rw`, `ro`, or `rwc` to make it.
        foreign_keys: Whether references are enforced, which SQLite leaves out unless it is asked.
        autocommit: Whether no statement begins a transaction by itself.
        patience: Seconds to wait for a lock.
    """
    connection: Connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        factory=Connection,
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


@contextmanager
def plain_texts(connection: Any) -> Iterator[None]:
    """Read texts as `str` in a block, whatever the code under test has set on its connection."""
    factory = connection.text_factory
    if factory is str:
        yield
        return
    connection.text_factory = str
    try:
        yield
    finally:
        connection.text_factory = factory
