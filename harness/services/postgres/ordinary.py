"""Leases whose connections are ordinary ones: `commit` and `readonly`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.endpoint import Endpoint
from harness.services.postgres import drivers
from harness.services.postgres.connect import client_errors
from harness.services.postgres.lease import LOCK_TIMEOUT_MS, Connection, PostgresLease

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
        if self._connection is None or self._is_gone(self._connection):
            hang_up(self._connection)
            self._connection = self._connect()
            self._connection.statements = self.statements
        connection: Connection = self._connection
        return connection

    def _is_gone(self, connection: Any) -> bool:
        """Tell whether the connection of the code under test was closed, or cut by a fault."""
        return bool(connection.closed)

    def _before_fault(self) -> None:
        super()._before_fault()
        if not self.faulted:
            _ = self.connection  # so that it counts as the first one in every order of tests

    def _drop_lost(self) -> None:
        """Give up connections that were made before the server was killed or restarted."""
        if self._connected_before != self.instance.disturbed:
            self._connected_before = self.instance.disturbed
            self._close()
            self._connection = self._own = None

    def _helper_cursor(self) -> Any:
        self._drop_lost()
        if self._own is None:
            self._own = self._connect_own()
            self._own.autocommit = True
        return self._own.cursor()

    def _connect(self) -> Any:
        """Open the connection of the code under test."""
        return self._open(self._endpoint)

    def _connect_own(self) -> Any:
        """Open the connection of the lease's own methods."""
        return self._open(self.instance.endpoint)

    def _open(self, endpoint: Endpoint) -> Any:
        self._check_up()
        return drivers.named(self.service.driver).connect(
            endpoint, self.database, lock_timeout=LOCK_TIMEOUT_MS
        )

    def _check_up(self) -> None:
        """Do nothing unless the test has killed the server.

        Raises:
            ServiceDiedError: It has.
        """
        if self.instance.down:
            self.instance.check_alive()

    def commit_connection(self) -> None:
        """Commit what was written through `connection`, if it was used at all."""
        if self._connection is not None and not self._connection.closed:
            self._connection.commit()

    def _release(self) -> None:
        self._close()

    def _close(self) -> None:
        for connection in (self._connection, self._own):
            hang_up(connection)


def hang_up(connection: Any) -> None:
    """Close a connection, if there is one and it is still open."""
    try:
        if connection is not None:
            connection.close()
    except client_errors():
        pass  # closed already, by the test or by the server
