"""What a lease needs of a driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from harness.core.endpoint import Endpoint
    from harness.services.postgres.outer import OuterTransaction
    from harness.services.statements import Statements

# States of a session's transaction.
IDLE = b"I"
OPEN = b"T"
FAILED = b"E"


class DueError(Exception):
    """A statement of ours, sent ahead of the test's own, failed; see its cause for the error."""


class Session(Protocol):
    """The real connection under a test's outer transaction.

    Attributes:
        errors: Where the driver's exceptions are (PEP 249).
        due: Statements to send ahead of the next one.
    """

    errors: Any
    due: str

    @property
    def status(self) -> bytes:
        """The state of the transaction: idle, open or failed."""

    @property
    def busy(self) -> bool:
        """Whether a statement of the test is not at its end, such as a COPY."""

    def execute_simple(self, statement: str) -> Any:
        """Run statements of ours, and before them what is due.

        Raises:
            DueError: What was due failed.
        """

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Run a query of ours and return its rows."""

    def forget_adapters(self) -> None:
        """Drop what an earlier test registered."""

    def backend_pid(self) -> int:
        """Return the process id of the server's side."""

    def close(self) -> None:
        """Close it."""


class VirtualConnection(Protocol):
    """What code under test gets as its connection, under `rollback`."""

    autocommit: bool

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its user or by the end of its test."""

    def cursor(self) -> Any:
        """Return a new cursor."""

    def commit(self) -> None:
        """Commit the virtual transaction."""

    def rollback(self) -> None:
        """Undo the virtual transaction."""

    def close(self) -> None:
        """Roll back what was not committed, and refuse everything from now on."""

    def expire(self) -> None:
        """Refuse everything from now on: the test is over."""


class Driver(Protocol):
    """One module of this package."""

    def connect(self, endpoint: Endpoint, database: str, **parameters: str) -> Any:
        """Open an ordinary connection, which tells whether it is `closed`.

        Args:
            endpoint: Where the server answers.
            database: Database to connect to.
            parameters: Server settings of this session.
        """

    def open_session(self, endpoint: Endpoint, database: str, **parameters: str) -> Session:
        """Open the connection for outer transactions."""

    def virtual(
        self,
        outer: OuterTransaction,
        statements: Statements | None = None,
        failing: Statements | None = None,
    ) -> VirtualConnection:
        """Return a connection whose commits and rollbacks stay inside an outer transaction.

        Args:
            outer: The test's transaction.
            statements: Where to note what is sent; None for nowhere.
            failing: What tells which statements fail; None for what none fails of.
        """
