"""The psycopg connection under a test's outer transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus

from harness.services.postgres.drivers.driver import FAILED, IDLE, OPEN, DueError

if TYPE_CHECKING:
    from harness.services.postgres.drivers.psycopg_virtual import VirtualConnection

STATES = {TransactionStatus.IDLE: IDLE, TransactionStatus.INERROR: FAILED}


class OuterSession(psycopg.Connection[Any]):
    """A connection that the virtual connections of a test share, one speaking at a time.

    Attributes:
        due: Statements to send ahead of the next one.
        prepared: What psycopg knows of the statements that this test has prepared.
    """

    errors: Any = psycopg

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._autocommit = True  # transactions are begun by us alone
        self.due = ""
        self.prepared: Any = None
        self._speaker: VirtualConnection | None = None

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> OuterSession:
        """Connect; psycopg itself begins no transaction."""
        return super().connect(conninfo, autocommit=True, **options)

    @property
    def status(self) -> bytes:
        """The state of the transaction: idle, open or failed."""
        return STATES.get(TransactionStatus(self.pgconn.transaction_status), OPEN)

    @property
    def busy(self) -> bool:
        """Whether a statement is not at its end, as in a pipeline, a stream or a COPY.

        After a failure in a pipeline the server ignores all, our own too, until it is synced.
        """
        active = self.pgconn.transaction_status == TransactionStatus.ACTIVE
        return active or self.pgconn.pipeline_status == PipelineStatus.ABORTED

    def speak(self, connection: VirtualConnection) -> None:
        """Let a virtual connection go on; another one that is in a pipeline is held up."""
        if self._speaker is not connection:
            if self._speaker is not None:
                self._speaker.pause()
            self._speaker = connection
            connection.go_on()

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        """Hold up a pipeline, in which a simple query cannot be sent."""
        speaker = self._speaker
        if speaker is None or not self.pgconn.pipeline_status:
            yield
            return
        speaker.pause()
        try:
            yield
        finally:
            speaker.go_on()

    def send_due(self) -> None:
        """Send what is due.

        Raises:
            DueError: It failed.
        """
        if self.due:
            due, self.due = self.due, ""
            try:
                self._send(due)
            except psycopg.Error as error:
                raise DueError from error

    def execute_simple(self, statement: str) -> None:
        """Run statements of ours, and before them what is due.

        Raises:
            DueError: What was due failed.
        """
        self.send_due()
        self._send(statement)

    def _send(self, statements: str) -> None:
        with self._own_turn():
            self.pgconn.send_query(statements.encode())
            for result in self.wait(generators.execute(self.pgconn)):
                if result.status == ExecStatus.FATAL_ERROR:
                    raise psycopg.errors.error_from_result(result)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query of ours and return its rows."""
        self.send_due()
        with self._own_turn():
            return list(self.execute(query, prepare=False))

    def forget_adapters(self) -> None:
        """Drop what psycopg remembers of an earlier test."""
        self._speaker = self.prepared = None
        while self.pgconn.notifies():
            pass

    def backend_pid(self) -> int:
        """Return the process id of the server's side."""
        return self.info.backend_pid
