"""What a test holds of a database, whatever its kind."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from harness.core.endpoint import Dsn
from harness.core.instance import Instance
from harness.core.names import table_name
from harness.data.lease import MakingLease
from harness.services.failing import FailingLease
from harness.services.rows import Row, rows_of
from harness.services.statements import Recording, Statements

if TYPE_CHECKING:
    from harness.data.making.dialect import Dialect
    from harness.data.making.maker import RowMaker
    from harness.faults.client import Applied
    from harness.faults.faults import Toxics


class Connection(Protocol):
    """A DB-API connection (PEP 249), as far as it is the same for every database."""

    def cursor(self) -> Any:
        """Return a new cursor."""

    def commit(self) -> None:
        """Commit the transaction."""

    def rollback(self) -> None:
        """Roll back the transaction."""

    def close(self) -> None:
        """Close the connection."""


class DatabaseLease(FailingLease, MakingLease):
    """A database for one test, whatever its kind.

    The methods here (`execute`, `rows`, ...) commit at once: what they write, the code under test
    sees, and a rollback of its own does not undo it. Only under `rollback`, while the code has a
    transaction open on `connection`, they are a part of that. Placeholders are `%s`.

    Attributes:
        dialect: Its kind of SQL, such as `postgres`.
        instance: What it is a lease of: its provider, version, capabilities, log.
        service: What was declared.
        database: Name of the database.
        statements: Notes what the code under test sends through `connection`.
    """

    dialect: ClassVar[str]

    def __init__(self, instance: Instance[Any], service: Any, database: str) -> None:
        super().__init__(service)
        self._lock = threading.RLock()
        self.instance = instance
        self.service: Any = service
        self.database = database
        self.statements = Statements()

    def __repr__(self) -> str:
        return f"<lease of {self.database} ({self.service.isolation}) on {self.instance!r}>"

    @property
    def connection(self) -> Connection:
        """A DB-API connection for the code under test, not in autocommit mode."""
        raise NotImplementedError

    @property
    def dsn(self) -> Dsn:
        """The database's URL, with user and password; its repr masks the password."""
        return self.url("")

    def url(self, driver: str | None = None) -> Dsn:
        """Return the database's URL as SQLAlchemy writes it.

        Args:
            driver: Name of a driver, such as `psycopg`; the service's own; empty for none.
        """
        raise NotImplementedError

    @property
    def toxics(self) -> Toxics[Applied]:
        """Faults on the connections of the code under test, as context managers.

        Raises:
            FaultError: It is a Postgres that was not declared with `proxied=True`, or is SQLite.
        """
        raise NotImplementedError

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and commit it.

        Args:
            sql: The statement, with `%s` for each parameter.
            parameters: The values.

        Returns:
            The number of rows that it touched; -1 where that means nothing.

        Raises:
            Exception: The driver's own, such as `pg8000.dbapi.DatabaseError`: it was refused.

        Example:
            ::

                self.db.execute("insert into users (email) values (%s)", ["a@example.com"])
        """
        return int(self._run(sql, parameters).rowcount)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a query and return all its rows: tuples with their columns as attributes."""
        return rows_of(self._run(sql, parameters))

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row:
        """Run a query and return its only row.

        Raises:
            LookupError: It returned no row, or more than one.
        """
        found = self.rows(sql, parameters)
        if len(found) != 1:
            raise LookupError(f"expected one row, got {len(found)}: {sql}")
        return found[0]

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run a query and return the first column of its only row.

        Raises:
            LookupError: It returned no row, or more than one.
        """
        return self.row(sql, parameters)[0]

    def count(self, table: str) -> int:
        """Return the number of rows in a table."""
        return int(self.value(f"select count(*) from {table_name(table)}"))

    def exists(self, table: str) -> bool:
        """Tell whether there is a table, or a view, of that name."""
        raise NotImplementedError

    def table_names(self) -> list[str]:
        """Return the names of all tables and views, with their schema where it is needed."""
        raise NotImplementedError

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns, in order."""
        cursor = self._run(f"select * from {table_name(table)} limit 0", ())
        return tuple(str(column[0]) for column in cursor.description)

    def recording(self) -> AbstractContextManager[Recording]:
        """Record, until the end of a block, what the code under test sends.

        That is what comes through `connection` and through engines of the SQLAlchemy adapter, not
        what this lease's own methods send. Of connections that were opened with the URL nothing is
        known.

        Example:
            ::

                with self.db.recording() as recording:
                    load_orders(self.db.connection)
                print(recording.statements)
        """
        return self.statements.recording()

    def truncate(self, table: str) -> None:
        """Empty a table and all tables that refer to it."""
        raise NotImplementedError

    @property
    def written(self) -> frozenset[str]:
        """The tables that were written since the test began, such as `{"orders", "audit.log"}`.

        Those of the schema `public` go by their name alone. Under `commit` everybody's committed
        writes count: by the server's log where it may be read, else all tables whose rows differ,
        as in SQLite. Under `rollback` it is what the test's own session wrote.
        """
        return self.written_since(None)

    def write_mark(self) -> Any:
        """Return a mark for `written_since`."""
        raise NotImplementedError

    def written_since(self, mark: Any) -> frozenset[str]:
        """Return the tables that were written since a mark; None for the begin of the test."""
        raise NotImplementedError

    def _make_row(self, table: str, columns: Mapping[str, Any]) -> Row:
        row: Row = self._maker.make(table, columns)
        return row

    @functools.cached_property
    def _maker(self) -> RowMaker:
        from harness.data.making.maker import RowMaker

        plans = self.instance.plans.setdefault(self.service, {})
        return RowMaker(self, self._row_dialect(), lambda: self.rng, plans)

    def _row_dialect(self) -> Dialect:
        """Return what making a row takes on this kind of database."""
        raise NotImplementedError

    def _run(self, sql: str, parameters: Sequence[object]) -> Any:
        """Run a statement of the test's own, and return the cursor with its rows."""
        with self._lock:
            self._check_held()
            cursor = self._helper_cursor()
            try:
                cursor.execute(sql, *([parameters] if parameters else []))
            except Exception as error:
                self._failed(error, sql)
                raise
            return cursor

    def _helper_cursor(self) -> Any:
        """Return a cursor whose statements commit at once."""
        raise NotImplementedError

    def _failed(self, error: Exception, sql: str) -> None:
        """Add to a driver's error what it leaves unsaid, or raise a better one from it."""
        raise NotImplementedError
