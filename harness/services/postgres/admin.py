"""The connection over which a server is administered: one statement at a time, outside any test."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from harness.core.endpoint import Endpoint
from harness.errors import StartError
from harness.services.postgres.connect import (
    ADMIN_TIMEOUT,
    APPLICATION_NAME,
    driver,
    is_over,
    log_in,
)


class Admin:
    """One connection to the database that the endpoint names, which is itself never written.

    Args:
        endpoint: Where to connect.
        application: Name by which others see it.
        timeout: Seconds that one statement may take.
        replaced: Whether a connection that was lost is replaced by a new one.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        application: str = APPLICATION_NAME,
        timeout: float = ADMIN_TIMEOUT,
        replaced: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self._application = application
        self._timeout = timeout
        self._replaced = replaced
        self._lock = threading.RLock()
        self._connection: Any = None
        self._connected = False

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction."""
        self._run(sql)

    def rows(self, sql: str) -> list[Any]:
        """Run one query and return its rows."""
        return list(self._run(sql).rows or ())

    def _run(self, sql: str) -> Any:
        """Run a statement, once more on a new connection where the last one was lost."""
        with self._lock:
            try:
                return self._send(sql)
            except Exception as error:
                if not (is_over(error) and self._replaced):
                    raise
                try:
                    return self._send(sql)
                except StartError:  # the server is gone, which the first error says better
                    raise error from None

    def _send(self, sql: str) -> Any:
        """Run a statement on the connection, which is given up if it was lost.

        It is lost, too, if it was interrupted before the answer was read: the next statement
        would be given that answer.
        """
        if self._connection is None:
            self._connection = self._connect()
        try:
            return self._connection.execute_simple(sql)
        except BaseException as error:
            if not isinstance(error, driver().DatabaseError) or is_over(error):
                self.close()
            raise

    def _connect(self) -> Any:
        if self._connected and not self._replaced:
            raise driver().InterfaceError("the connection was lost")
        connection = log_in(self.endpoint, self._timeout, application_name=self._application)
        connection.autocommit = True
        self._connected = True
        return connection

    def abort(self) -> None:
        """Break the connection: whoever waits for its answer in another thread waits no longer."""
        wire = getattr(self._connection, "_usock", None)  # pg8000 has no public way
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; one that the server has closed is closed all the same."""
        with self._lock:
            connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()
        except driver().Error:
            pass  # the server is gone, which is reported where it matters
