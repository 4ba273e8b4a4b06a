"""The outer transaction of a test, and the savepoint that stands for a transaction inside it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pg8000.dbapi

from harness.errors import DeferredConstraintError, HarnessError, OuterTransactionLostError
from harness.services.postgres.connect import message, sqlstate
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.session import FAILED, IDLE, DueError, OuterSession

# SQLSTATEs of a savepoint that is not there: invalid savepoint, no active transaction.
NO_SAVEPOINT = {"3B001", "25P01"}

BEGIN = "begin; savepoint harness_outer; "
# What a rollback does not undo, undone for the next test.
TIDY = "select pg_advisory_unlock_all(); deallocate all; close all; discard sequences"

# Statements that may add or remove a constraint that is checked at commit.
DEFERRABLE = re.compile(r"deferr|\b(?:alter|create|drop|call)\b|^\s*do\b", re.IGNORECASE)


class OuterTransaction:
    """A transaction that never commits, with at most one virtual transaction open inside it.

    Args:
        session: The connection; idle.
        constraints: Those of the database that can be checked at commit.
        explain: Called with an error of a broken connection before the test gets it.

    Attributes:
        open: Whether a virtual transaction is open.
        number: How many have been opened so far.
        used: Whether a test's statement has run.
    """

    def __init__(
        self,
        session: OuterSession,
        constraints: Constraints,
        explain: Callable[[Exception], None],
    ) -> None:
        self.session = session
        self._explain = explain
        self.lock = threading.RLock()
        self.open = False
        self.number = 0
        self.used = False
        self._constraints = constraints
        self._deferred_changed = False
        self._failure = ""
        self._lost: str | None = None
        session.due = BEGIN

    @property
    def failed(self) -> bool:
        """Whether a statement failed, so that the server refuses all others until a rollback."""
        return self.session.status == FAILED

    @property
    def failure(self) -> str:
        """What the server said of the last statement that failed."""
        return self._failure

    @property
    def lost(self) -> bool:
        """Whether the outer transaction is gone."""
        return self._lost is not None

    def run(self, sql: str, action: Callable[[], None], commit: bool) -> int:
        """Run one statement of the test.

        Args:
            sql: Its text.
            action: Sends it.
            commit: Whether it is a transaction of its own, as in autocommit mode.

        Returns:
            The number of the virtual transaction it ran in.
        """
        with self.lock:
            self._check()
            self.used = True
            if DEFERRABLE.search(sql):
                self._deferred_changed = True
            alone = commit and not self.open
            number = self.join()
            try:
                self._send(sql, action)
            except BaseException:
                if alone:
                    self._undo()
                raise
            if alone:
                self.commit()
            return number

    def _undo(self) -> None:
        """Roll back after a failure, which must not hide it when the connection is gone."""
        try:
            self.rollback()
        except (HarnessError, pg8000.dbapi.Error, OSError):
            pass  # finish() says what became of the outer transaction

    def _send(self, sql: str, action: Callable[[], None]) -> None:
        try:
            action()
        except DueError as error:
            raise self._due_failed(error) from error
        except pg8000.dbapi.DatabaseError as error:
            self._failure = message(error)
            self._explain(error)
            raise
        except (pg8000.dbapi.InterfaceError, OSError) as error:
            self._explain(error)
            raise
        finally:
            if self.session.status == IDLE and not self.session.due:
                self._lost = self._lost or sql

    def _due_failed(self, error: Exception) -> Exception:
        """Return the error to raise when a savepoint of ours was not there any more."""
        if sqlstate(error) not in NO_SAVEPOINT:
            self._explain(error)
            return error
        self._lost = "a script or a function that the test ran"
        return lost(self._lost)

    def _check(self) -> None:
        if self._lost is not None:
            raise lost(self._lost)

    def join(self) -> int:
        """Open a virtual transaction if none is open; return its number."""
        with self.lock:
            self._check()
            if not self.open:
                self.session.due += "savepoint harness_tx"
                self.open = True
                self.number += 1
            return self.number

    def commit(self) -> None:
        """Commit the virtual transaction: check deferred constraints, keep its writes.

        Raises:
            pg8000.dbapi.DatabaseError: A deferred constraint does not hold; all is rolled back, as
                by a real commit.
            pg8000.dbapi.InterfaceError: A statement had failed; all is rolled back.
        """
        with self.lock:
            self._check()
            if not self.open:
                return
            if self.failed:
                self.rollback()
                raise pg8000.dbapi.InterfaceError("in failed transaction block")
            if self._constraints.can_wait or self._deferred_changed:
                self._check_constraints()
            self.session.due = "release harness_tx; "
            self.open = False

    def _check_constraints(self) -> None:
        """Check now what a real commit would check, and make it wait for the next one again."""
        try:
            self._own(f"set constraints all immediate{self._redefer()}")
        except pg8000.dbapi.DatabaseError:
            self.rollback()
            raise

    def _redefer(self) -> str:
        """Return the statement that makes constraints wait for the next commit again."""
        if self._deferred_changed:
            self._constraints = Constraints.read(self.session)
            self._deferred_changed = False
        names = self._constraints.deferred
        return f"; set constraints {names} deferred" if names else ""

    def rollback(self) -> None:
        """Undo the virtual transaction."""
        with self.lock:
            self._check()
            if self.open:
                self._own("rollback to savepoint harness_tx")
                self.session.due = "release harness_tx; "
                self.open = False

    def _own(self, sql: str) -> None:
        """Run a statement of ours, which fails in its own way when the test took the outer away."""
        try:
            self.session.execute_simple(sql)
        except pg8000.dbapi.DatabaseError as error:
            if isinstance(error, DueError) or sqlstate(error) in NO_SAVEPOINT:
                raise self._due_failed(error) from error
            self._explain(error)
            raise
        except (pg8000.dbapi.InterfaceError, OSError) as error:
            self._explain(error)
            raise

    def finish(self) -> None:
        """Check what is due at the end, and undo everything.

        Raises:
            OuterTransactionLostError: The test ended the outer transaction.
            DeferredConstraintError: A deferred constraint does not hold.
        """
        with self.lock:
            self._check()
            due, self.session.due = self.session.due, ""
            if due.startswith(BEGIN):
                return  # nothing was ever sent
            check = "rollback to savepoint harness_outer"
            if not self.failed:
                check = "set constraints all immediate; release harness_outer"
            try:
                self._own(f"{check}; rollback; {TIDY}")
            except pg8000.dbapi.DatabaseError as error:
                self.session.execute_simple(f"rollback; {TIDY}")
                raise broken_constraint(error) from error


def lost(statement: str) -> HarnessError:
    """Return the error for a test that ended its outer transaction."""
    return OuterTransactionLostError(
        "the test ended the transaction that would have undone its writes",
        cause=f"it was ended by: {statement.strip()}",
        hint="use connection.commit() and rollback(), which stay inside it; "
        "for scripts with BEGIN and COMMIT declare Postgres(isolation='commit')",
    )


def broken_constraint(error: Exception) -> HarnessError:
    """Return the error for a deferred constraint that does not hold at the end of a test."""
    return DeferredConstraintError(
        f"a deferred constraint does not hold at the end of the test: {message(error)}",
        cause="a real commit would have failed here",
        hint="mend the code under test, or complete the rows that the test makes",
    )
