"""What a test holds of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from harness.core.endpoint import Dsn
from harness.services.database import DatabaseLease
from harness.services.declared import no_toxics
from harness.services.sqlite.changes import written_tables
from harness.services.sqlite.connect import connect, plain_texts
from harness.services.sqlite.files import remove
from harness.services.sqlite.placeholders import translated, written
from harness.services.sqlite.tables import NAMES, empty, is_there, read_as

if TYPE_CHECKING:
    from harness.data.making.dialect import Dialect
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


class SQLiteLease(DatabaseLease):
    """An SQLite database for one test.

    It offers what the lease of every database does. Its own methods take `%s`, and store dates,
    decimals and UUIDs as texts; `connection` is sqlite3's own, which takes `?`.

    Attributes:
        instance: What it is a lease of: its version and capabilities.
        service: What was declared.
        database: Path of the file, as a text.
    """

    dialect: ClassVar[str] = "sqlite"
    instance: SQLiteInstance
    readonly: ClassVar[bool] = False

    def __init__(self, instance: SQLiteInstance, service: SQLite, path: Path) -> None:
        super().__init__(instance, service, str(path))
        self._path = path
        self._marks: list[Path] = []
        self._given = False  # whether the test may have connected by itself

    @property
    def connection(self) -> sqlite3.Connection:
        """A connection of sqlite3 for the code under test, not in autocommit mode."""
        raise NotImplementedError

    @property
    def toxics(self) -> NoReturn:
        """Refuse: no network leads to a file.

        Raises:
            FaultError: Always; with how a test on either database asks for Postgres.
        """
        raise no_toxics(self.service)

    @property
    def path(self) -> Path:
        """The database's file, for code that connects by itself."""
        self._check_held()
        self._given = self.statements.url_given = True
        return self._path

    def url(self, driver: str | None = None) -> Dsn:
        """Return the database's URL as SQLAlchemy writes it.

        Args:
            driver: Name of a driver, such as `aiosqlite`; `pysqlite`, which is Python's own; empty
                for none.

        Example:
            ::

                self.db.url("aiosqlite")  # 'sqlite+aiosqlite:////dev/shm/harness-.../...db'
        """
        name = "pysqlite" if driver is None else driver
        file = f"file:{self.path}?mode=ro&uri=true" if self.readonly else str(self.path)
        return Dsn(f"sqlite+{name}:///{file}" if name else f"sqlite:///{file}")

    def table_names(self) -> list[str]:
        """Return the names of all tables and views, as SQL reads them."""
        return [read_as(name) for (name,) in self._run(NAMES, ()).fetchall()]

    def exists(self, table: str) -> bool:
        """Tell whether there is a table, or a view, of that name."""
        with self._lock:
            self._check_held()
            return is_there(self._helper_connection(), table)

    def truncate(self, table: str) -> None:
        """Empty a table and all tables that refer to it; those that refer to others first."""
        with self._lock:
            self._check_held()
            empty(self._helper_connection(), table)

    def write_mark(self) -> Path:
        """Return a mark for `written_since`: a copy of the database."""
        with self._lock:
            self._check_held()
            mark = self.instance.home.new_file("mark")
            self._marks.append(mark)
            mark.write_bytes(self._whole().serialize())  # backup refuses what is uncommitted
            return mark

    def written_since(self, mark: Path | None) -> frozenset[str]:
        """Return the tables whose rows differ since a mark; None for the begin of the test."""
        with self._lock:
            now = self.write_mark()
            connection = connect(now, autocommit=True)
            try:
                return written_tables(connection, mark or self._original())
            finally:
                connection.close()

    def _whole(self) -> sqlite3.Connection:
        """Return a connection that sees all that the test has written."""
        raise NotImplementedError

    def _original(self) -> Path:
        """Return the file that equals the database as the test found it."""
        raise NotImplementedError

    def _forget_marks(self) -> None:
        for mark in self._marks:
            remove(mark)

    def _row_dialect(self) -> Dialect:
        from harness.data.making.sqlite import SqliteDialect

        return SqliteDialect()

    def _helper_connection(self) -> Any:
        """Return the connection of the lease's own methods: each statement commits at once."""
        raise NotImplementedError

    def _helper_cursor(self) -> HelperCursor:
        return HelperCursor(self._helper_connection(), self._note)

    def _note(self, sql: str) -> None:
        """Note what a statement of the lease's own methods leaves on its connection."""

    def _failed(self, error: Exception, sql: str) -> None:
        if not isinstance(error, sqlite3.Error):
            return
        error.add_note(f"in: {sql}")
        if "is locked" in str(error):
            error.add_note(
                "SQLite has one writer at a time: another connection is writing, perhaps "
                "`connection` with writes that wait for connection.commit()"
            )


class HelperCursor:
    """A cursor for statements with `%s`, which reads all rows at once: a query half read locks.

    Args:
        connection: Where it runs them.
        note: Called with each statement before it runs.
    """

    def __init__(self, connection: Any, note: Callable[[str], None]) -> None:
        self._connection = connection
        self._note = note
        self._cursor = connection.cursor()
        self._rows: list[Any] = []

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement; without parameters it is left as it is, as drivers of Postgres do."""
        self._note(sql)
        with plain_texts(self._connection):
            self._cursor.execute(translated(sql) if parameters else sql, written(parameters))
            self._rows = self._cursor.fetchall()

    @property
    def description(self) -> Any:
        """The columns of the rows (PEP 249)."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """The number of rows that were written."""
        return int(self._cursor.rowcount)

    def fetchall(self) -> list[Any]:
        """Return all rows."""
        return self._rows
