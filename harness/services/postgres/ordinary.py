"""Leases whose connections are ordinary ones: `commit` and `readonly`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.cleanup import raise_all
from harness.errors import LeakError
from harness.services.postgres import drivers
from harness.services.postgres.connect import client_errors
from harness.services.postgres.lease import LOCK_TIMEOUT_MS, Connection, PostgresLease
from harness.services.postgres.watcher import leaked, lingering

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres


class PlainLease(PostgresLease):
    """A lease whose `connection` is an ordinary one; its own methods use a second one."""

    def __init__(self, instance: PostgresInstance, service: Postgres, database: str) -> None:
        super().__init__(instance, service, database)
        self._connection: Any = None
        self._own: Any = None
        self._connected_before = instance.disturbed

    @property
    def connection(self) -> Connection:
        """A DB-API connection for the code under test.

        It is opened at first use, and anew after a close or a restart of the server.
        """
        self._check_held()
        self._drop_lost()
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.statements = self.statements
        connection: Connection = self._connection
        return connection

    def _drop_lost(self) -> None:
        """Give up connections that were made before the server was killed or restarted."""
        if self._connected_before != self.instance.disturbed:
            self._connected_before = self.instance.disturbed
            self._close()
            self._connection = self._own = None

    def _helper_cursor(self) -> Any:
        self._drop_lost()
        if self._own is None:
            self._own = self._connect()
            self._own.autocommit = True
        return self._own.cursor()

    def _connect(self) -> Any:
        if self.instance.down:
            self.instance.check_alive()
        return drivers.named(self.service.driver).connect(
            self.instance.endpoint, self.database, lock_timeout=LOCK_TIMEOUT_MS
        )

    def commit_connection(self) -> None:
        """Commit what was written through `connection`, if it was used at all."""
        if self._connection is not None and not self._connection.closed:
            self._connection.commit()

    def _release(self) -> None:
        self._close()

    def _close(self) -> None:
        for connection in (self._connection, self._own):
            try:
                if connection is not None:
                    connection.close()
            except client_errors():
                pass  # closed already, by the test or by the server


class CommitLease(PlainLease):
    """A database of the test's own, with real commits, seen by everyone who has the DSN."""

    def _release(self) -> None:
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
        except client_errors():  # closed, or a failed transaction, which writes nothing
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
