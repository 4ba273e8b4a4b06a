"""A connection of sqlite3 whose commits and rollbacks stay inside a test's outer transaction."""

from __future__ import annotations

import functools
import sqlite3
import weakref
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, TypeVar

from harness.services.sqlite.outer import OuterTransaction
from harness.services.sqlite.script import control_of, first_word, split
from harness.services.statements import Statements

T = TypeVar("T")

# What begins a transaction by itself, where `isolation_level` is a text: as sqlite3 has it.
WRITES = {"insert", "update", "delete", "replace"}
LEVELS = ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE")
LEGACY = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, since Python 3.12


class VirtualConnection:
    """What the code under test gets as its connection, under `isolation="rollback"`.

    It behaves as a connection of sqlite3 of its own: `commit` makes the writes so far last until
    the end of the test, `rollback` undoes those since; `isolation_level` and, since Python 3.12,
    `autocommit` say when a transaction begins. The outer transaction stays open until the test
    ends.

    Everything else (functions, adapters, ...) is sqlite3's, and gone after the test.

    Args:
        outer: The test's transaction.
        statements: Where to note what is sent; None for nowhere.
    """

    def __init__(self, outer: OuterTransaction, statements: Statements | None = None) -> None:
        self._outer = outer
        self._statements = statements
        self._joined = 0  # the virtual transaction that this connection last took part in
        self._closed = False
        self._cursors: weakref.WeakSet[VirtualCursor] = weakref.WeakSet()
        self._level: str | None = ""
        self._autocommit: bool | int = LEGACY
        self.row_factory: Any = None

    @property
    def __class__(self) -> type:
        """sqlite3's own: whoever asks what it is may use it as such."""
        return sqlite3.Connection

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise TypeError("a connection stays what it is")

    def __getattr__(self, name: str) -> Any:
        self._check_open()
        value = getattr(self._outer.session, name)
        if callable(value) and not isinstance(value, type):  # it may leave something behind
            self._outer.touched = True
        return value

    def __enter__(self) -> VirtualConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if error is None:
            self.commit()
        else:
            self.rollback()
        return False

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its user or by the end of its test."""
        return self._closed

    @property
    def in_transaction(self) -> bool:
        """Whether there is something to commit or to roll back."""
        return self._takes_part()

    @property
    def text_factory(self) -> Any:
        """What texts are made with."""
        return self._outer.session.text_factory

    @text_factory.setter
    def text_factory(self, value: Any) -> None:
        self._outer.touched = True
        self._outer.session.text_factory = value

    @property
    def isolation_level(self) -> str | None:
        """What begins a transaction by itself; None for nothing."""
        return self._level

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        if value is not None and value.upper() not in LEVELS:
            raise ValueError(
                "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'"
            )
        self._level = value
        if value is None:
            self.commit()

    @property
    def autocommit(self) -> bool | int:
        """Whether there is never a transaction by itself, or always; since Python 3.12."""
        check_autocommit()
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool | int) -> None:
        check_autocommit()
        self._autocommit = value
        if value is True:
            self._end(self._outer.commit)
        elif value is False:
            self._join()

    def cursor(self, factory: type[sqlite3.Cursor] | None = None) -> sqlite3.Cursor:
        """Return a new cursor.

        Args:
            factory: A subclass of sqlite3's cursor to make.
        """
        self._check_open()
        made = VirtualCursor(self) if factory is None else combined(factory)(self)
        if self.row_factory is not None:
            made.row_factory = self.row_factory
        self._cursors.add(made)
        return made

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement on a new cursor."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Run a statement once for each of many rows, on a new cursor."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, script: str) -> sqlite3.Cursor:
        """Run many statements, on a new cursor."""
        return self.cursor().executescript(script)

    def commit(self) -> None:
        """Commit the virtual transaction; deferred references are checked now.

        Raises:
            sqlite3.IntegrityError: One of them does not hold; the transaction stays open.
        """
        self._end_by_method("commit")

    def rollback(self) -> None:
        """Undo what was written since the last commit."""
        self._end_by_method("rollback")

    def _end_by_method(self, kind: str) -> None:
        """Commit or roll back, as sqlite3's methods do in each of its modes."""
        self._check_open()
        if self._autocommit is LEGACY:
            self._end(getattr(self._outer, kind))
        elif not self._autocommit:
            self._control(kind)
            self._join()

    def _end(self, end: Callable[[], None]) -> None:
        self._check_open()
        if self._takes_part():
            end()

    def _join(self) -> None:
        self._check_open()
        self._outer.join()
        self._joined = self._outer.number

    def close(self) -> None:
        """Roll back what was not committed, and refuse everything from now on."""
        if not self._closed:
            self._end(self._outer.rollback)
            self.expire()

    def expire(self) -> None:
        """Refuse everything from now on: the test is over."""
        self._closed = True
        for cursor in list(self._cursors):
            sqlite3.Cursor.close(cursor)

    def _takes_part(self) -> bool:
        """Tell whether the open virtual transaction has a statement of this connection."""
        return self._outer.open and self._joined == self._outer.number

    def run(
        self, sql: str, send: Callable[[], T], implicit: bool = True, times: int = 1
    ) -> T | None:
        """Run one statement of a cursor, with the commits and rollbacks that SQL spells out.

        Args:
            sql: Its text.
            send: Sends it.
            implicit: Whether it may begin a transaction by itself.
            times: How often, with other values each time.
        """
        self._check_open()
        if self._statements is not None:
            self._statements.note(sql, times)
        kind, name = control_of(sql)
        with self._outer.lock:
            if kind in ("begin", "commit", "rollback"):
                self._control(kind)
                return None
            try:
                if kind:
                    act = getattr(self._outer, kind)  # savepoint, release or back
                    result: T = act(name, sql, send)
                    return result
                return self._outer.run(sql, send, join=implicit and self._begins(sql))
            finally:  # a statement that failed takes part as well: its rollback is this one's
                if self._outer.open:
                    self._joined = self._outer.number

    def _control(self, kind: str) -> None:
        """Do what a statement for the whole transaction does.

        Raises:
            sqlite3.OperationalError: There is none, or one already; as SQLite says it.
        """
        if kind == "begin":
            if self.in_transaction:
                raise sqlite3.OperationalError("cannot start a transaction within a transaction")
            self._join()
        elif not self.in_transaction:
            raise sqlite3.OperationalError(f"cannot {kind} - no transaction is active")
        else:
            self._end(getattr(self._outer, kind))

    def _begins(self, sql: str) -> bool:
        """Tell whether a statement begins a transaction where none is open."""
        legacy = self._autocommit is LEGACY and self._level is not None
        return legacy and first_word(sql) in WRITES

    def run_script(self, script: str) -> None:
        """Run the statements of a script one by one; what was written before is committed first."""
        self._check_open()
        if self._autocommit is LEGACY:
            self._end(self._outer.commit)
        for statement in split(script):
            cursor = sqlite3.Cursor(self._outer.session)
            self.run(statement.text, lambda: cursor.execute(statement.text).fetchall(), False)  # noqa: B023

    def _check_open(self) -> None:
        if self._closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")


class VirtualCursor(sqlite3.Cursor):
    """A cursor of sqlite3 that runs inside the virtual transaction of its connection."""

    def __init__(self, connection: VirtualConnection) -> None:
        super().__init__(connection._outer.session)
        self._virtual = connection

    @property
    def connection(self) -> Any:
        """The connection that made this cursor."""
        return self._virtual

    def execute(self, sql: str, parameters: Any = ()) -> VirtualCursor:
        """Run a statement (PEP 249)."""
        self._virtual.run(sql, lambda: sqlite3.Cursor.execute(self, sql, parameters))
        return self

    def executemany(self, sql: str, parameters: Iterable[Any]) -> VirtualCursor:
        """Run a statement once for each of many rows (PEP 249)."""
        sets = list(parameters)
        send = functools.partial(sqlite3.Cursor.executemany, self, sql, sets)
        self._virtual.run(sql, send, times=len(sets))
        return self

    def executescript(self, script: str) -> VirtualCursor:
        """Run many statements."""
        self._virtual.run_script(script)
        return self


def combined(factory: type[sqlite3.Cursor]) -> type[VirtualCursor]:
    """Return a user's class of cursors, inside the virtual transaction."""
    return type(factory.__name__, (factory, VirtualCursor), {})


def check_autocommit() -> None:
    """Do nothing on a Python whose connections have this attribute.

    Raises:
        AttributeError: It is older than 3.12.
    """
    if not hasattr(sqlite3.Connection, "autocommit"):
        raise AttributeError("'sqlite3.Connection' object has no attribute 'autocommit'")
