"""A new database file, as the migrations and seed files that fill it see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.endpoint import Dsn
from harness.data import sqlite_catalog
from harness.data.catalog import Catalog
from harness.data.target import Refusal
from harness.services.sqlite.connect import connect
from harness.services.sqlite.files import remove

if TYPE_CHECKING:
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite

DRIVERS = {"pysqlite", "pysqlite_numeric", "aiosqlite", "pysqlcipher"}  # SQLAlchemy's
TABLE = "select 1 from sqlite_master where type = 'table' limit 1"


class SQLiteTarget:
    """A database file with one connection, for `harness.data`.

    Args:
        path: The file.
        foreign_keys: Whether references are enforced.
    """

    dialect = "sqlite"
    secrets: tuple[str, ...] = ()

    def __init__(self, path: Path, foreign_keys: bool) -> None:
        self.name = str(path)
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

    def insert(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        self.connection.executemany(sql, rows)

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
        return Refusal(str(error), getattr(error, "sqlite_errorname", None) or "")

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none.

        A driver of another database, which a `Store` may have been given, is left out.
        """
        return Dsn(
            f"sqlite+{driver}:///{self._path}" if driver in DRIVERS else f"sqlite:///{self._path}"
        )

    def has_tables(self) -> bool:
        """Tell whether anybody has made a table."""
        return bool(self.rows(TABLE))

    def catalog(self, *, rights: bool = True) -> Catalog:
        """Return what it is made of; SQLite has no rights to tell."""
        return sqlite_catalog.read(self.rows)

    def unfilled(self) -> list[tuple[str, str]]:
        """Return the columns, by table, that an INSERT has to give a value."""
        return sqlite_catalog.unfilled(self.rows)

    def check_deferred(self) -> None:
        """Check what waits for the commit.

        Raises:
            sqlite3.IntegrityError: It does not hold.
        """
        if self._foreign_keys and self.rows("pragma foreign_key_check"):
            raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@contextmanager
def new_target(path: Path, foreign_keys: bool) -> Iterator[SQLiteTarget]:
    """Make a new file, to be filled."""
    connect(path, mode="rwc").close()
    target = SQLiteTarget(path, foreign_keys)
    try:
        yield target
    finally:
        target.close()


@contextmanager
def scratch(instance: SQLiteInstance, service: SQLite) -> Iterator[SQLiteTarget]:
    """Make an empty database for a check; remove it afterwards."""
    path = instance.home.new_file("check")
    try:
        with new_target(path, service.foreign_keys) as target:
            yield target
    finally:
        remove(path)
