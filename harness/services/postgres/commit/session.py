"""A session that is kept from one test to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pg8000.core
import pg8000.dbapi

from harness.core.endpoint import Endpoint
from harness.services.postgres.connect import (
    client_errors,
    commit,
    connect,
    is_over,
    is_readable,
    noting_cursor,
)
from harness.services.postgres.customized import makes_setting
from harness.services.postgres.drivers.driver import IDLE
from harness.services.postgres.lease import LOCK_TIMEOUT_MS
from harness.services.postgres.session import OuterSession
from harness.services.statements import Statements

CLEAR = "discard all"


class CommitSession(OuterSession):
    """An ordinary connection that can be handed on, clean, to the next test.

    Attributes:
        closed: Whether it was closed, or handed on.
        pid: The server's process.
        statements: Where to note what is sent; None for nowhere.
        customized: Whether a test has made up a setting in it, which stays to its end.
    """

    statements: Statements | None = None
    customized = False

    message_types: dict[bytes, Callable[..., Any]]  # pg8000's: methods of this very object

    def __init__(self, *args: Any, **parameters: Any) -> None:
        self.closed = False
        super().__init__(*args, **parameters)
        self.autocommit = False
        self.pid = self.backend_pid()

    def cursor(self) -> Any:
        """Return a new cursor."""
        return super().cursor() if self.statements is None else noting_cursor()(self)

    def commit(self) -> None:
        """Commit the transaction."""
        commit(self, super().commit)

    def execute_simple(self, statement: str) -> Any:
        """Run a statement without parameters."""
        self.customized = self.customized or makes_setting(statement)
        return super().execute_simple(statement)

    def execute_unnamed(self, statement: str, *values: Any, **options: Any) -> Any:
        """Run a statement with parameters."""
        self.customized = self.customized or makes_setting(statement)
        return super().execute_unnamed(statement, *values, **options)

    def close(self) -> None:
        """Close it for good."""
        self.closed = True
        super().close()

    def hang_up(self) -> None:
        """Close it for good, if it is still open."""
        with contextlib.suppress(
            pg8000.dbapi.Error, OSError
        ):  # ended by the server, or by the test
            if not self.closed:
                self.close()

    def check(self) -> None:
        """Close it if the server has ended it."""
        try:
            if not self.closed:
                self.execute_simple("")
        except pg8000.dbapi.DatabaseError as error:
            if is_over(error):
                self.hang_up()
        except (pg8000.dbapi.Error, OSError):
            self.hang_up()

    @property
    def is_lost(self) -> bool:
        """Whether it was closed, here or by the server, which says so unasked."""
        if self.closed or self._usock is None:
            return True
        return is_readable(self._usock.fileno())

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open."""
        return bool(self.status == IDLE)

    def begin_clearing(self) -> None:
        """Have the server undo all that a test has set in the session; wait for no answer."""
        self._clearing: Exception | None = None
        try:
            if not self.is_idle:
                self.execute_simple("rollback")
            self.send_ahead(CLEAR)
        except Exception as error:  # lost, or out of step
            self._clearing = error

    def end_clearing(self) -> None:
        """Wait until all is undone.

        Raises:
            pg8000.dbapi.Error: The session is lost.
        """
        if self._clearing is not None:
            raise self._clearing
        self.handle_messages(pg8000.core.Context(CLEAR))
        self.forget_adapters()

    def handed_on(self) -> CommitSession:
        """Return the session as a new connection; whoever has kept this one finds it closed."""
        heir = CommitSession.__new__(CommitSession)
        heir.__dict__.update(self.__dict__)
        heir.message_types = {
            code: getattr(heir, handler.__name__) for code, handler in self.message_types.items()
        }
        heir.autocommit = False
        heir.statements = None
        self.closed = True
        self._sock = self._usock = None  # as pg8000 marks a connection that was closed
        return heir


def has_uncommitted(connection: Any) -> bool:
    """Tell whether a connection is in a transaction that has written; not so if that has failed."""
    if connection.closed or (isinstance(connection, CommitSession) and connection.is_idle):
        return False
    cursor = connection.cursor()
    try:
        cursor.execute("select txid_current_if_assigned() is not null")
        return bool(cursor.fetchone()[0])
    except client_errors():
        return False


def open_session(endpoint: Endpoint, database: str) -> CommitSession:
    """Open a session for a test."""
    session = connect(endpoint, database, factory=CommitSession, lock_timeout=LOCK_TIMEOUT_MS)
    assert isinstance(session, CommitSession)
    return session
