"""The lease that undoes what the test wrote: `rollback`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import raise_all
from harness.core.endpoint import Dsn
from harness.errors import FaultError, IsolationError, LeakError, LeaseError
from harness.services.postgres import connect
from harness.services.postgres.connect import is_over
from harness.services.postgres.drivers.driver import IDLE
from harness.services.postgres.lease import LOCK_NOT_AVAILABLE, Connection, PostgresLease
from harness.services.postgres.names import shown
from harness.services.postgres.watcher import leaked, lingering

if TYPE_CHECKING:
    from harness.services.postgres.drivers.driver import VirtualConnection
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres
    from harness.services.postgres.watcher import Sight
    from harness.services.postgres.workspace import Workspace

# The locks of whoever writes; those of a savepoint that was rolled back are gone.
WRITTEN = """
select distinct quote_ident(n.nspname), quote_ident(c.relname)
from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
where l.pid = pg_backend_pid() and l.mode in ('RowExclusiveLock', 'AccessExclusiveLock')
  and c.relkind = 'r' and n.nspname <> 'pg_catalog'
"""
# Until the transaction ends these only grow; they hold remains of transactions before it.
COUNTERS = """
select quote_ident(schemaname), quote_ident(relname), n_tup_ins + n_tup_upd + n_tup_del
from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0
"""


class RollbackLease(PostgresLease):
    """A database in which everything the test writes is undone at its end.

    Only `connection` and the lease's own methods see the writes; other connections do not.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres, workspace: Workspace) -> None:
        super().__init__(instance, service, workspace.name)
        self._workspace = workspace
        self._outer = workspace.begin(self._explain)
        self._connections: list[VirtualConnection] = []
        self._helper: VirtualConnection | None = None
        self._virtual: VirtualConnection | None = None
        self._before: Sight | None = None
        self._concerned: int | None = None  # the database from which the server may be changed
        self._cut = False  # by a fault
        self._broken = False  # before that, by the test
        self._pass_through(*workspace.passages)

    @property
    def connection(self) -> Connection:
        """A DB-API connection whose commits and rollbacks stay inside the test."""
        self._check_held()
        self._check_undisturbed()
        if self._virtual is None or self._virtual.closed:
            self._virtual = self.new_connection()
        return self._virtual

    def new_connection(self, *, noted: bool = True, own: bool = False) -> VirtualConnection:
        """Return one more connection into the same transaction, to close on its own.

        What is open on one of them is open on all: they share the test's one session.

        Args:
            noted: Whether `recording()` shows what it sends.
            own: Whether it is the lease's: nothing that it sends is to fail.
        """
        self._check_held()
        statements = self.statements if noted else None
        failing = None if own else self.statements
        connection = self._workspace.driver.virtual(self._outer, statements, failing)
        self._connections.append(connection)
        return connection

    def url(self, driver: str | None = None) -> Dsn:
        """Return the database's URL; other connections do not see what this test writes."""
        url = super().url(driver)
        if self._before is None:
            _ = self.instance.guard  # it has to know what was there before
            self._before = self._look()
        return url

    def _look(self) -> Sight:
        try:
            return self._workspace.watcher.look()
        except connect.driver().DatabaseError as error:
            if connect.sqlstate(error) == LOCK_NOT_AVAILABLE:
                raise locked_structure() from error
            raise

    def _check_undisturbed(self) -> None:
        """Do nothing while the outer transaction can still be there.

        Raises:
            ServiceDiedError: The test has killed the server.
            LeaseError: It has restarted it since, or a fault has cut the connection.
        """
        if self._disturbed:
            self.instance.check_alive()
            raise restarted()
        if self._cut:
            raise cut_off()

    def _explain(self, error: Exception) -> None:
        self._note_cut(error)
        super()._explain(error)

    def _note_cut(self, error: Exception) -> None:
        if self._may_be_cut and not self._cut and is_over(error):
            self._cut, self._broken = True, self._outer.lost

    def _helper_cursor(self) -> Any:
        self._check_undisturbed()
        if self._helper is None:
            self._helper = self.new_connection(noted=False, own=True)
            self._helper.autocommit = True
        if self._outer.open and self._outer.failed:
            raise failed_transaction(self._outer.failure)
        return self._helper.cursor()

    def write_mark(self) -> Counter[str]:
        """Return a mark for `written_since`."""
        rows = self.rows(COUNTERS)
        return Counter({shown(schema, table): int(count) for schema, table, count in rows})

    def written_since(self, mark: Counter[str] | None) -> frozenset[str]:
        """Return the tables that this test's session wrote to since a mark."""
        if mark is None:
            return frozenset(shown(*row) for row in self.rows(WRITTEN))
        return frozenset(self.write_mark() - mark)

    def _check_sweepable(self) -> None:
        raise FaultError(
            f"{self.service.label} cannot be swept: under isolation='rollback' there is one "
            "connection, and all that the test wrote is gone with it",
            cause="each run of the action is to lose a connection",
            hint=f"write {replace(self.service, isolation='commit', proxied=True).label}",
        )

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
        failures = self._end_faults()
        pristine = not self._disturbed and self._finish(failures)
        try:
            if not pristine:
                self.instance.check_alive()
                self._workspace.replace()
            elif self._cut:
                self._workspace.renew()
            elif self._outer.customized:
                self._workspace.rest()
            failures.extend(self._changed_server())
            self.instance.give_back(self.service, self._workspace)
        except Exception as error:
            failures[:] = [error]  # the server is gone: what came before only follows from it
        if not self.outages:  # else the test has been told
            raise_all(self._of, failures)

    def _finish(self, failures: list[Exception]) -> bool:
        """Undo the test, note what it broke, and return whether the database is pristine."""
        try:
            self._outer.finish()
            if self.faulted:
                self._outer.session.rows("select 1")  # a test that sent nothing has not seen a cut
        except Exception as error:
            self._note_cut(error)
            if not self._cut or self._broken:  # else it was meant to be lost
                failures.append(error)
        leaks = [] if self._before is None else self._others(self._before)
        failures.extend(leaks)
        lost = self._outer.lost or self._outer.session.status != IDLE
        return not (leaks or (self._broken if self._cut else lost))

    def _others(self, before: Sight) -> list[Exception]:
        """Return what other connections did to this database while the test ran."""
        try:
            watcher = self._workspace.watcher
            self._end_cut_off(watcher.known, own=not self._cut)
            sessions = lingering(self.instance.databases, self.database, watcher.known)
            changed = [] if sessions else watcher.changed_since(before)
            if (guard := self.instance.guard) is not None:
                self._concerned = watcher.concerning(guard, before)
        except Exception as error:
            return [error]
        if sessions:
            return [leaked(sessions)]
        return [committed_elsewhere(changed)] if changed else []

    def _changed_server(self) -> list[Exception]:
        """Return what other connections did to the whole server, undone if that can be done."""
        if self._concerned is None or self._before is None:
            return []
        guard = self.instance.guard
        return [] if guard is None else guard.check(self._concerned, self._before.xid)


def restarted() -> LeaseError:
    """Return the error for going on under `rollback` after the server was restarted."""
    return LeaseError(
        "the server was restarted, and all that this test wrote under isolation='rollback' is gone",
        cause="it was all in one transaction, which no server keeps over its end",
        hint="declare Postgres(isolation='commit', exclusive=True) for tests of a restart",
    )


def cut_off() -> LeaseError:
    """Return the error for going on under `rollback` after a fault has cut the connection."""
    return LeaseError(
        "a fault has cut `connection`, and all that this test wrote under isolation='rollback' is "
        "gone",
        cause="it was all in one transaction, which ends with its connection",
        hint="declare Postgres(isolation='commit', proxied=True) for tests that go on after that",
    )


def locked_structure() -> IsolationError:
    """Return the error for a DSN that is asked for after `connection` changed the structure."""
    return IsolationError(
        "the dsn was asked for after `connection` changed a table's structure",
        cause="until the test ends, every other connection waits for that table",
        hint="declare Postgres(isolation='commit'), or read self.db.dsn before the change",
    )


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
