"""A DB-API connection whose commits and rollbacks stay inside a test's outer transaction."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pg8000.dbapi

from harness.services.postgres.comments import first_word, without_comments
from harness.services.postgres.failing import COMMIT, failing
from harness.services.postgres.outer import OuterTransaction
from harness.services.statements import Statements

LIKELY = re.compile(r"begin|start|commit|end|rollback|abort", re.IGNORECASE)
CONTROL = re.compile(
    r"""(?:
        (?P<begin>begin|start\s+transaction)\b[^;]*
      | (?P<commit>commit|end)(?:\s+(?:work|transaction))?\s*
      | (?P<rollback>rollback|abort)(?:\s+(?:work|transaction))?\s*
    )[\s;]*""",  # a script is left as it is
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def control_word(sql: str) -> str | None:
    """Return `begin`, `commit` or `rollback` for a statement that is only that, else None.

    Example:
        >>> control_word("/* done */ COMMIT;"), control_word("rollback to savepoint a")
        ('commit', None)
    """
    start = first_word(sql)
    if not LIKELY.match(sql, start):
        return None
    match = CONTROL.fullmatch(without_comments(sql[start:]))
    return match.lastgroup if match else None


class VirtualConnection:
    """What the code under test gets as its connection, under `isolation="rollback"`.

    It behaves as a pg8000 connection of its own: `commit` makes the writes so far last until the
    end of the test, `rollback` undoes those since, `autocommit` makes each statement a transaction
    of its own, savepoints nest. The outer transaction stays open until the test ends.

    Everything else (type adapters, notices, ...) is pg8000's.

    Args:
        outer: The test's transaction.
        statements: Where to note what is sent; None for nowhere.
        failing: What tells which statements fail; None for what none fails of.
    """

    def __init__(
        self,
        outer: OuterTransaction,
        statements: Statements | None = None,
        failing: Statements | None = None,
    ) -> None:
        self._outer = outer
        self._statements = statements
        self._failing = failing
        self._joined = 0  # the virtual transaction that this connection last took part in
        self._closed = False
        self.autocommit = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outer.session, name)

    def __enter__(self) -> VirtualConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its user or by the end of its test."""
        return self._closed

    def cursor(self) -> VirtualCursor:
        """Return a new cursor."""
        self._check_open()
        return VirtualCursor(self)

    def commit(self) -> None:
        """Commit the virtual transaction; deferred constraints are checked now.

        Raises:
            pg8000.dbapi.DatabaseError: One of them does not hold; everything is rolled back.
            pg8000.dbapi.InterfaceError: A statement had failed; everything is rolled back.
        """
        self._check_open()
        self._outer.refuse(lambda: failing(self._failing, COMMIT))
        if self._takes_part() and not self._outer.commit():
            raise pg8000.dbapi.InterfaceError("in failed transaction block")

    def rollback(self) -> None:
        """Undo what was written since the last commit."""
        self._check_open()
        if self._takes_part():
            self._outer.rollback()

    def close(self) -> None:
        """Roll back what was not committed, and refuse everything from now on."""
        self.rollback()
        self._closed = True

    def _takes_part(self) -> bool:
        """Tell whether the open virtual transaction has a statement of this connection."""
        return self._outer.open and self._joined == self._outer.number

    def expire(self) -> None:
        """Refuse everything from now on: the test is over."""
        self._closed = True

    def tpc_begin(self, xid: object) -> None:
        """Refuse: a prepared transaction cannot be virtual.

        Raises:
            pg8000.dbapi.NotSupportedError: Always.
        """
        raise pg8000.dbapi.NotSupportedError(
            "two-phase commit needs real transactions: declare Postgres(isolation='commit')"
        )

    def run(self, sql: str, send: Callable[[], None], commit: bool = False) -> None:
        """Run one statement of a cursor, with the commits and rollbacks that SQL spells out.

        Args:
            sql: Its text.
            send: Sends it.
            commit: Whether it is a transaction of its own where none is open, as in autocommit
                mode.
        """
        self._check_open()
        if self._statements is not None:
            self._statements.note(sql)
        word = control_word(sql)
        if word == "commit":
            self.commit()
        elif word == "rollback":
            self.rollback()
        elif word == "begin":
            self._joined = self._outer.join()
        else:
            if (instead := failing(self._failing, sql)) is not None:
                send = functools.partial(self._outer.session.execute_simple, instead)
            try:
                self._outer.run(sql, send, commit=commit or self.autocommit)
            finally:  # a statement that failed takes part as well: its rollback is this one's
                self._joined = self._outer.number

    def _check_open(self) -> None:
        if self._closed:
            raise pg8000.dbapi.InterfaceError("connection is closed")


class VirtualCursor(pg8000.dbapi.Cursor):  # type: ignore[misc]  # pg8000 has no type hints
    """A pg8000 cursor that runs inside the virtual transaction of its connection."""

    def __init__(self, connection: VirtualConnection) -> None:
        super().__init__(connection._outer.session)
        self._virtual = connection

    @property
    def connection(self) -> Any:
        """The connection that made this cursor."""
        return self._virtual

    def execute(self, operation: str, args: Any = (), stream: Any = None) -> None:
        """Run a statement (PEP 249)."""
        self._virtual.run(
            operation, lambda: super(VirtualCursor, self).execute(operation, args, stream)
        )

    def callproc(self, procname: str, parameters: Any = None) -> None:
        """Call a procedure (PEP 249); as in pg8000, this begins no transaction."""
        self._virtual.run(
            f"call {procname}",
            lambda: super(VirtualCursor, self).callproc(procname, parameters),
            commit=True,
        )
