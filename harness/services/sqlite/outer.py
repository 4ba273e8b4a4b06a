"""The outer transaction of a test, and the savepoint that stands for a transaction inside it."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

from harness.errors import HarnessError
from harness.services.breaches import broken_constraint, lost_transaction
from harness.services.sqlite.connect import plain_texts
from harness.services.sqlite.deferred import STRUCTURE, Deferred
from harness.services.sqlite.script import outlasts

T = TypeVar("T")

# Statements that change no row, or are not over before their rows are read.
READS = re.compile(
    r"^\s*(?:select|pragma|attach|detach|explain|values|savepoint|release)\b"
    r"|\breturning\b",
    re.IGNORECASE,
)


class OuterTransaction:
    """A transaction that never commits, with at most one virtual transaction open inside it.

    Args:
        session: The connection, in which no statement begins a transaction by itself; idle.
        deferred: The references of the database that are checked at commit.

    Attributes:
        open: Whether a virtual transaction is open.
        number: How many have been opened so far.
        used: Whether a test's statement has run.
        touched: Whether the session has to be made anew for the next test.
    """

    def __init__(self, session: sqlite3.Connection, deferred: Deferred) -> None:
        self.session = session
        self.lock = threading.RLock()
        self.open = False
        self.number = 0
        self.used = False
        self.touched = False
        self._begun = False
        self._deferred = deferred
        self._structure_changed = False
        self._savepoints: list[str] = []
        self._of_savepoint = False
        self._lost: str | None = None

    @property
    def lost(self) -> bool:
        """Whether the outer transaction is gone."""
        return self._lost is not None

    def run(self, sql: str, send: Callable[[], T], join: bool) -> T:
        """Run one statement of the test.

        Args:
            sql: Its text.
            send: Sends it.
            join: Whether it begins a transaction where none is open.
        """
        with self.lock:
            self._check()
            self._begin()
            self._watch(sql)
            if join:
                self.join()
            if not self.open and self._can_wait and not READS.search(sql):
                return self._run_alone(sql, send)
            return self._send(sql, send)

    def _run_alone(self, sql: str, send: Callable[[], T]) -> T:
        """Run a statement that is a transaction of its own, and fails as one."""
        self.join()
        try:
            result = self._send(sql, send)
            self.commit()
        except BaseException:
            if self._lost is None:
                self.rollback()
            raise
        return result

    def _send(self, sql: str, send: Callable[[], T]) -> T:
        try:
            return send()
        finally:
            self._look(sql)

    @property
    def _can_wait(self) -> bool:
        """Whether a statement may leave a reference to be checked at commit."""
        return bool(self._deferred.tables) or self._structure_changed

    def _begin(self) -> None:
        """Open the outer transaction, at the first statement: until then others may write."""
        if not self._begun:
            self.session.execute("begin")
            self._begun = True

    def _watch(self, sql: str) -> None:
        self.used = True
        self.touched = self.touched or outlasts(sql)
        self._structure_changed = self._structure_changed or bool(STRUCTURE.search(sql))

    def _look(self, sql: str) -> None:
        """Note that a statement has ended the outer transaction, as `insert or rollback` does."""
        if not self.session.in_transaction:
            self._lost = self._lost or sql

    def _check(self) -> None:
        if self._lost is not None:
            raise lost(self._lost)

    def join(self) -> None:
        """Open a virtual transaction if none is open."""
        with self.lock:
            self._check()
            self._begin()
            if not self.open:
                self.session.execute("savepoint harness_tx")
                self.open = True
                self.number += 1
                self._savepoints, self._of_savepoint = [], False

    def savepoint(self, name: str, sql: str, send: Callable[[], T]) -> T:
        """Set a savepoint of the test's own; where none is open, that begins a transaction."""
        with self.lock:
            first = not self.open
            self.join()
            self._of_savepoint = self._of_savepoint or first
            result = self.run(sql, send, join=False)
            self._savepoints.append(name)
            return result

    def release(self, name: str, sql: str, send: Callable[[], T]) -> T:
        """Release a savepoint; the one that began the transaction commits it."""
        with self.lock:
            commits = self.open and self._of_savepoint and name in self._savepoints[:1]
            commits = commits and name not in self._savepoints[1:]
            if commits:
                self._check_deferred()
            result = self.run(sql, send, join=False)
            self._pop(name)
            if commits:
                self._end("release harness_tx")
            return result

    def back(self, name: str, sql: str, send: Callable[[], T]) -> T:
        """Roll back to a savepoint, which stays."""
        with self.lock:
            result = self.run(sql, send, join=False)
            self._pop(name)
            self._savepoints.append(name)
            return result

    def _pop(self, name: str) -> None:
        while self._savepoints and self._savepoints.pop() != name:
            pass

    def commit(self) -> None:
        """Commit the virtual transaction: check deferred references, keep its writes.

        Raises:
            sqlite3.IntegrityError: One of them does not hold; the transaction stays open, as SQLite
                leaves it.
        """
        with self.lock:
            self._check()
            if self.open:
                self._check_deferred()
                self._end("release harness_tx")

    def rollback(self) -> None:
        """Undo the virtual transaction."""
        with self.lock:
            self._check()
            if self.open:
                self.session.execute("rollback to harness_tx")
                self._end("release harness_tx")

    def _check_deferred(self) -> None:
        with plain_texts(self.session):
            if self._structure_changed:
                self._deferred = self._deferred.changed(self.session)
            self._deferred.check(self.session, pragmas=self.touched)

    def _end(self, sql: str) -> None:
        self.session.execute(sql)
        self.open = False
        if self.touched:  # what a real commit puts back
            self.session.execute("pragma defer_foreign_keys = off")

    def finish(self) -> None:
        """Check what is due at the end, and undo everything.

        Raises:
            OuterTransactionLostError: The test ended the outer transaction.
            DeferredConstraintError: A deferred reference does not hold.
        """
        with self.lock:
            self._check()
            if not self._begun:
                return
            try:
                self._check_deferred()
            except sqlite3.IntegrityError as error:
                raise broken_constraint(str(error)) from error
            finally:
                self.session.execute("rollback")


def lost(statement: str) -> HarnessError:
    """Return the error for a test that ended its outer transaction."""
    return lost_transaction(
        statement,
        hint="use connection.commit() and rollback(), which stay inside it; for ON CONFLICT "
        "ROLLBACK and RAISE(ROLLBACK) declare isolation='commit'",
    )
