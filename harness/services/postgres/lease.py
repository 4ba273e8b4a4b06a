"""What a test holds of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from harness.core.cleanup import raise_all
from harness.core.endpoint import Dsn
from harness.core.lease import Lease
from harness.errors import HarnessError, LeakError, LeaseError
from harness.services.postgres.connect import closable, connect, driver, is_over
from harness.services.postgres.names import literal, table_name
from harness.services.postgres.rows import Row, rows_of

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres
    from harness.services.postgres.virtual import VirtualConnection
    from harness.services.postgres.watcher import Sight
    from harness.services.postgres.workspace import Workspace

# The given table and those that refer to it, directly or not.
REFERRING = """
with recursive referring(oid) as (
    select {table}::regclass::oid
    union
    select c.conrelid from referring r
    join pg_constraint c on c.confrelid = r.oid and c.contype = 'f'
)
select oid::regclass::text from referring
"""
LOCK_TIMEOUT_MS = "10000"


class Connection(Protocol):
    """A DB-API connection (PEP 249), as far as it is the same for every isolation."""

    autocommit: bool

    def cursor(self) -> Any:
        """Return a new cursor."""

    def commit(self) -> None:
        """Commit the transaction."""

    def rollback(self) -> None:
        """Roll back the transaction."""

    def close(self) -> None:
        """Close the connection."""


class PostgresLease(Lease):
    """A PostgreSQL database for one test.

    The methods here (`execute`, `rows`, ...) commit at once: what they write, the code under test
    sees, and no rollback of its own undoes it. Placeholders are `%s`.

    Attributes:
        instance: The server: its provider, version, capabilities, log.
        service: What was declared.
        database: Name of the database.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres, database: str) -> None:
        super().__init__(service)
        self.instance = instance
        self.service = service
        self.database = database

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

        Example:
            ::

                self.db.url("asyncpg")  # 'postgresql+asyncpg://postgres:***@127.0.0.1:40123/t_...'
        """
        self._check_held()
        name = self.service.driver if driver is None else driver
        return self.instance.endpoint.url(
            f"postgresql+{name}" if name else "postgresql", self.database
        )

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and commit it.

        Args:
            sql: The statement, with `%s` for each parameter.
            parameters: The values.

        Returns:
            The number of rows that it touched; -1 where that means nothing.

        Raises:
            pg8000.dbapi.DatabaseError: The server refused it.

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
        return bool(self.value(f"select to_regclass({literal(table_name(table))}) is not null"))

    def truncate(self, table: str) -> None:
        """Empty a table and all tables that refer to it.

        It deletes rather than truncates: in a test's small tables that is faster, and it waits for
        no reader. One statement deletes from all, since references are checked at its end: tables
        may refer to each other.
        """
        query = REFERRING.format(table=literal(table_name(table)))
        deletions = [f"delete from {name}" for (name,) in self.rows(query)]
        parts = ", ".join(f"harness_{i} as ({sql})" for i, sql in enumerate(deletions))
        self.execute(f"with {parts} select")

    def _run(self, sql: str, parameters: Sequence[object]) -> Any:
        raise NotImplementedError

    def _died(self, error: Exception) -> None:
        """Raise `ServiceDiedError` where a failure means that the server is gone."""
        death = self._death(error)
        if death is not None:
            self.outages.append(death)
            raise death from error

    def _explain(self, error: Exception) -> None:
        """Add to a driver's error, which the code under test gets, that the server is gone."""
        death = self._death(error)
        if death is not None:
            self.outages.append(error)
            error.add_note(str(death))

    def _death(self, error: Exception) -> HarnessError | None:
        if not is_over(error):
            return None
        try:
            self.instance.check_alive()
        except HarnessError as death:
            return death
        return None


class PlainLease(PostgresLease):
    """A lease whose `connection` is an ordinary one; its own methods use a second one."""

    _connection: Any = None
    _own: Any = None

    @property
    def connection(self) -> Connection:
        """A DB-API connection for the code under test, opened at first use and after a close."""
        self._check_held()
        if self._connection is None or self._connection.closed:
            self._connection = connect(self.instance.endpoint, self.database, factory=closable())
        connection: Connection = self._connection
        return connection

    def _run(self, sql: str, parameters: Sequence[object]) -> Any:
        self._check_held()
        if self._own is None:
            self._own = connect(self.instance.endpoint, self.database, lock_timeout=LOCK_TIMEOUT_MS)
            self._own.autocommit = True
        cursor = self._own.cursor()
        try:
            cursor.execute(sql, parameters)
        except Exception as error:
            self._died(error)
            raise
        return cursor

    def commit_connection(self) -> None:
        """Commit what was written through `connection`, if it was used at all."""
        if self._connection is not None and not self._connection.closed:
            self._connection.commit()

    def _release(self) -> None:
        for connection in (self._connection, self._own):
            try:
                if connection is not None:
                    connection.close()
            except driver().Error:
                pass  # closed already, by the test or by the server


class CommitLease(PlainLease):
    """A database of the test's own, with real commits, seen by everyone who has the DSN."""

    def _release(self) -> None:
        from harness.services.postgres.watcher import leaked, lingering

        failures: list[Exception] = []
        try:
            self._check_committed(failures)
            super()._release()
            sessions = lingering(self.instance.databases, self.database, ())
            if sessions:
                failures.append(leaked(sessions))
            self.instance.drop(self.database)
        except Exception as error:
            failures.append(self._death(error) or error)
        if not self.outages:  # else the test has been told
            raise_all(self._name, failures)

    def _check_committed(self, failures: list[Exception]) -> None:
        """Note a failure if `connection` was left with writes that nobody committed."""
        if self._connection is None:
            return
        try:
            cursor = self._connection.cursor()
            cursor.execute("select txid_current_if_assigned() is not null")
            uncommitted = cursor.fetchone()[0]
        except (driver().Error, OSError):  # closed, or a failed transaction, which writes nothing
            return
        if uncommitted:
            failures.append(
                LeakError(
                    "the test ended with writes in `connection` that were never committed",
                    cause="the code under test forgot connection.commit()",
                    hint="commit, or roll back what is not meant to stay",
                )
            )


class ReadonlyLease(PlainLease):
    """A shared database in which the server refuses every write."""


class RollbackLease(PostgresLease):
    """A database in which everything the test writes is undone at its end.

    Only `connection` and the lease's own methods see the writes; other connections do not.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres, workspace: Workspace) -> None:
        from harness.services.postgres.virtual import VirtualConnection

        super().__init__(instance, service, workspace.name)
        self._make_connection = VirtualConnection
        self._workspace = workspace
        self._outer = workspace.begin(self._explain)
        self._connections: list[VirtualConnection] = []
        self._helper: VirtualConnection | None = None
        self._virtual: VirtualConnection | None = None
        self._before: Sight | None = None

    @property
    def connection(self) -> Connection:
        """A DB-API connection whose commits and rollbacks stay inside the test."""
        self._check_held()
        if self._virtual is None or self._virtual.closed:
            self._virtual = self.new_connection()
        return self._virtual

    def new_connection(self) -> VirtualConnection:
        """Return one more connection into the same transaction, to close on its own.

        What is open on one of them is open on all: they share the test's one session.
        """
        self._check_held()
        connection = self._make_connection(self._outer)
        self._connections.append(connection)
        return connection

    def url(self, driver: str | None = None) -> Dsn:
        """Return the database's URL; other connections do not see what this test writes."""
        url = super().url(driver)
        if self._before is None:
            self._before = self._workspace.watcher.look()
        return url

    def _run(self, sql: str, parameters: Sequence[object]) -> Any:
        self._check_held()
        if self._helper is None:
            self._helper = self.new_connection()
            self._helper.autocommit = True
        if self._outer.open and self._outer.failed:
            raise failed_transaction(self._outer.failure)
        cursor = self._helper.cursor()
        try:
            cursor.execute(sql, parameters)
        except Exception as error:
            self._died(error)
            raise
        return cursor

    def failure_notes(self) -> list[str]:
        """Return a note for a test that wrote here and read through the DSN."""
        if self._before is None or not self._outer.used:
            return []
        return [
            "this test used `connection` and `dsn`: under isolation='rollback' other connections "
            "do not see what `connection` wrote; Postgres(isolation='commit') shows it to all"
        ]

    def _release(self) -> None:
        for connection in self._connections:
            connection.expire()
        failures: list[Exception] = []
        pristine = self._finish(failures)
        try:
            if not pristine:
                self.instance.check_alive()
                self._workspace.replace()
            self.instance.give_back(self.service, self._workspace)
        except Exception as error:
            failures[:] = [error]  # the server is gone: what came before only follows from it
        if not self.outages:  # else the test has been told
            raise_all(self._name, failures)

    def _finish(self, failures: list[Exception]) -> bool:
        """Undo the test, note what it broke, and return whether the database is pristine."""
        try:
            self._outer.finish()
        except Exception as error:
            failures.append(error)
        leaks = [] if self._before is None else self._others(self._before)
        failures.extend(leaks)
        broken = self._outer.lost or self._outer.session.status != b"I"
        return not (broken or leaks)

    def _others(self, before: Sight) -> list[Exception]:
        """Return what other connections did to this database while the test ran."""
        from harness.services.postgres.watcher import leaked, lingering

        try:
            watcher = self._workspace.watcher
            sessions = lingering(self.instance.databases, self.database, watcher.known)
            changed = [] if sessions else watcher.changed_since(before)
        except Exception as error:
            return [error]
        if sessions:
            return [leaked(sessions)]
        return [committed_elsewhere(changed)] if changed else []


def committed_elsewhere(changed: list[str]) -> LeakError:
    """Return the error for commits beside a `rollback` test."""
    return LeakError(
        f"another connection committed to the test's database: {', '.join(changed)}",
        cause="the code under test connected by itself, with the lease's dsn",
        hint="give it self.db.connection, or declare Postgres(isolation='commit')",
    )


def failed_transaction(failure: str) -> LeaseError:
    """Return the error for using the lease while the code's transaction has failed."""
    return LeaseError(
        f"the transaction of `connection` has failed and was not rolled back: {failure}",
        cause="the code under test caught an error and went on without connection.rollback()",
        hint="roll back where the error is handled; PostgreSQL refuses all statements until then",
    )
