"""The outer transaction of a test, and the savepoint that stands for a transaction inside it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from harness.errors import HarnessError
from harness.services.breaches import broken_constraint, lost_transaction
from harness.services.postgres.connect import is_over, message, sqlstate
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.customized import makes_setting
from harness.services.postgres.drivers.driver import FAILED, IDLE, DueError, Session

# SQLSTATEs of a savepoint that is not there: invalid savepoint, no active transaction.
NO_SAVEPOINT = {"3B001", "25P01"}

BEGIN = "begin; savepoint harness_outer; "
# What a rollback does not undo, undone for the next test.
TIDY = "select pg_advisory_unlock_all(); deallocate all; discard sequences"

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
        alone: Whether that is one of a single statement, as in autocommit mode.
        number: How many have been opened so far.
        used: Whether a test's statement has run.
        customized: Whether one may have made up a setting, which stays to the session's end.
    """

    def __init__(
        self,
        session: Session,
        constraints: Constraints,
        explain: Callable[[Exception], None],
    ) -> None:
        self.session = session
        self._explain = explain
        self.lock = threading.RLock()
        self.open = self.alone = False
        self.number = 0
        self.used = self.customized = False
        self._constraints = constraints
        self._deferred_changed = False
        self._statement = ""
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
            number = self.enter(sql, commit)
            try:
                action()
            except DueError as error:
                failure = self.due_failed(error)
                self.leave(failure)
                raise failure from error
            except BaseException as error:
                self.leave(error)
                raise
            self.leave()
            return number

    def enter(self, sql: str, commit: bool) -> int:
        """Note a statement that is about to be sent, and open its transaction.

        Args:
            sql: Its text.
            commit: Whether it is a transaction of its own where none is open.

        Returns:
            The number of the virtual transaction it runs in.
        """
        with self.lock:
            self._check()
            self.used = True
            self._statement = sql
            self.customized = self.customized or makes_setting(sql)
            if DEFERRABLE.search(sql):
                self._deferred_changed = True
            alone = commit and not self.open
            number = self.join()
            self.alone = self.alone or alone
            return number

    def leave(self, failure: BaseException | None = None) -> None:
        """Note what became of a statement, and end a transaction of which it is all.

        Args:
            failure: What was raised for it.
        """
        with self.lock:
            self._note(failure)
            if self.session.status == IDLE and not self.session.due:
                self._lost = self._lost or self._statement
            if self.open and self.alone and not self.session.busy:
                self.alone = False  # to end it may take statements that come here again
                if failure is None and not self.failed:
                    self.commit()
                else:
                    self._undo()

    def _note(self, failure: BaseException | None) -> None:
        errors = self.session.errors
        if isinstance(failure, errors.DatabaseError):
            self._failure = message(failure)
        if isinstance(failure, (errors.DatabaseError, errors.InterfaceError, OSError)):
            self._explain(failure)

    def _undo(self) -> None:
        """Roll back after a failure, which must not hide it when the connection is gone."""
        try:
            self.rollback()
        except (HarnessError, self.session.errors.Error, OSError):
            pass  # finish() says what became of the outer transaction

    def due_failed(self, due: DueError) -> Exception:
        """Return the error to raise when a savepoint of ours was not there any more."""
        error = due.__cause__
        assert isinstance(error, Exception)
        if sqlstate(error) in NO_SAVEPOINT:
            return self._taken_away()
        self._explain(error)
        return error

    def _taken_away(self) -> HarnessError:
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
                self.open, self.alone = True, False
                self.number += 1
            return self.number

    def commit(self) -> bool:
        """Commit the virtual transaction: check deferred constraints, keep its writes.

        Returns:
            Whether it could be: all is rolled back where a statement had failed.

        Raises:
            DatabaseError: A deferred constraint does not hold; all is rolled back, as by a real
                commit.
        """
        with self.lock:
            self._check()
            if not self.open:
                return True
            if self.failed:
                self.rollback()
                return False
            if self._constraints.can_wait or self._deferred_changed:
                self._check_constraints()
            self.session.due = "release harness_tx; "
            self.open = False
            return True

    def refuse(self, failing: Callable[[], str | None]) -> None:
        """Fail at a commit that is to fail, as a real one: all is rolled back.

        Args:
            failing: Returns a statement that fails; None for a commit that is not to fail.

        Raises:
            DatabaseError: What it fails with.
        """
        with self.lock:
            statement = failing() if self.open and not self.failed else None
            if statement is not None:
                try:
                    self._own(statement)
                finally:
                    self.rollback()

    def _check_constraints(self) -> None:
        """Check now what a real commit would check, and make it wait for the next one again."""
        try:
            self._own(f"set constraints all immediate{self._redefer()}")
        except self.session.errors.DatabaseError:
            self.rollback()
            raise

    def _redefer(self) -> str:
        """Return the statement that makes constraints wait for the next commit again."""
        if self._deferred_changed:
            self._constraints = Constraints.read(self.session.rows)
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
        errors = self.session.errors
        try:
            self.session.execute_simple(sql)
        except DueError as error:
            raise self.due_failed(error) from error
        except (errors.DatabaseError, errors.InterfaceError, OSError) as error:
            if sqlstate(error) in NO_SAVEPOINT:
                raise self._taken_away() from error
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
            except self.session.errors.DatabaseError as error:
                if is_over(error):
                    raise
                self.session.execute_simple(f"rollback; {TIDY}")
                raise broken_constraint(message(error)) from error


def lost(statement: str) -> HarnessError:
    """Return the error for a test that ended its outer transaction."""
    return lost_transaction(
        statement,
        hint="use connection.commit() and rollback(), which stay inside it; "
        "for scripts with BEGIN and COMMIT declare Postgres(isolation='commit')",
    )
