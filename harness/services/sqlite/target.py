"""A new database file, as the migrations and seed files that fill it see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.endpoint import Dsn
from harness.data.target import Refusal
from harness.services.sqlite.connect import connect


class SQLiteTarget:
    """A database file with one connection, for `harness.data`.

    Args:
        path: The file.
        foreign_keys: Whether references are enforced.
    """

    secrets: tuple[str, ...] = ()

    def __init__(self, path: Path, foreign_keys: bool) -> None:
        self.name = path.name
        self._path = path
        self._foreign_keys = foreign_keys
        self.connection = self._connect()

    def _connect(self) -> sqlite3.Connection:
        return connect(self._path, autocommit=True, foreign_keys=self._foreign_keys)

    def execute(self, sql: str, data: Iterable[bytes] | None = None) -> None:
        """Run a statement.

        Raises:
            sqlite3.NotSupportedError: It is a `copy`, of which there is none here.
        """
        if data is not None:
            raise sqlite3.NotSupportedError("SQLite has no COPY: write INSERT statements")
        self.connection.execute(sql).fetchall()

    def rows(self, sql: str) -> list[Any]:
        """Run a query and return its rows."""
        return self.connection.execute(sql).fetchall()

    def renew(self) -> bool:
        """Make the session as if it were new; tell whether it was outside any transaction."""
        outside = not self.connection.in_transaction
        self.connection.close()
        self.connection = self._connect()
        return outside

    def refusal(self, error: Exception) -> Refusal:
        """Return what an error of SQLite says."""
        return Refusal(str(error), getattr(error, "sqlite_errorname", ""))

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none."""
        return Dsn(f"sqlite{'+' * bool(driver)}{driver}:///{self._path}")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
