"""A new SQLite file, as the scripts that fill it see it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.data.target import Refusal
from harness.services.sqlite.connect import connect


class SQLiteTarget:
    """A database file with one session at a time, for `harness.data`.

    Args:
        path: The file.
        foreign_keys: Whether connections enforce references.
    """

    def __init__(self, path: Path, foreign_keys: bool) -> None:
        self._path, self._foreign_keys = path, foreign_keys
        self._open()

    def _open(self) -> None:
        self._connection = connect(self._path, autocommit=True, foreign_keys=self._foreign_keys)

    def execute(self, sql: str, data: Iterable[bytes] | None = None) -> None:
        """Run a statement; none of SQLite's reads data."""
        self._connection.execute(sql)

    def renew(self) -> bool:
        """Connect anew; tell whether the session before was outside any transaction."""
        outside = not self._connection.in_transaction
        self.close()
        self._open()
        return outside

    def refusal(self, error: Exception) -> Refusal:
        """Return what an error says."""
        return Refusal(str(error))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
