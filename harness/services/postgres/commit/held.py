"""The lease of a whole class, and those of its tests on the same database: `hold`."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from harness.errors import LeakError
from harness.services.postgres import watcher
from harness.services.postgres.commit.lease import CommitLease, uncommitted_writes
from harness.services.postgres.databases import Session

if TYPE_CHECKING:
    from harness.services.postgres.commit.database import CommitDatabase
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

IDLE = "idle"
ADVISORY = "select distinct pid from pg_locks where locktype = 'advisory' and database = {oid}"


class ClassLease(CommitLease):
    """What a class holds while its tests run: what it has written is what each of them finds."""

    uses = ("class connection", "class helpers")

    def __init__(
        self, instance: PostgresInstance, service: Postgres, database: CommitDatabase
    ) -> None:
        super().__init__(instance, service, database)
        self._begun = False

    def test_lease(self) -> TestLease:
        """Return a lease for one test of the class.

        Raises:
            LeakError: The class has writes that it has not committed.
            LeaseError: It has changed the structure.
        """
        self._check_held()
        if not self._begun:
            failures: list[Exception] = []
            self._check_committed(failures)
            for failure in failures:
                raise failure
            self._database.rebase(self._database.survey())
            self._begun = True
        else:
            self._database.put_back(self._database.survey())  # written between two tests
        return TestLease(self.instance, self.service, self._database, self)

    def end_transaction(self) -> bool:
        """Roll back what the class's connection has left open; tell whether it had written."""
        session = self._connection
        if session is None or session.closed or session.is_idle:
            return False
        written = bool(session.has_uncommitted())
        session.execute_simple("rollback")
        return written

    def _put_back(self, failures: list[Exception]) -> None:
        survey = self._database.survey()
        if self._database.has_others(survey):
            failures.extend(self._end(self._lingering()))
            survey = self._database.survey()
        failures.extend(self._database.put_back(survey))
        self._database.forget_base()
        self.instance.give_back_database(self._database)


class TestLease(CommitLease):
    """A lease of one test on the database that its class holds.

    The application that the class has started keeps its sessions, as long as they are idle.
    """

    def __init__(
        self,
        instance: PostgresInstance,
        service: Postgres,
        database: CommitDatabase,
        held: ClassLease,
    ) -> None:
        super().__init__(instance, service, database)
        self._held = held

    def _put_back(self, failures: list[Exception]) -> None:
        if self._held.end_transaction():
            failures.append(uncommitted_writes())
        survey = self._database.survey()
        if self._database.has_others(survey):
            failures.extend(self._end_busy())
            survey = self._database.survey()
        failures.extend(self._database.put_back(survey))

    def _end_busy(self) -> list[Exception]:
        """End the sessions of others that stay in a transaction or keep a lock; return failures."""
        deadline = time.monotonic() + watcher.GRACE
        while (busy := self._busy()) and time.monotonic() < deadline:
            gc.collect()
            time.sleep(watcher.POLL)
        self.instance.databases.end(session.pid for session in busy)
        return [left_open(busy)] if busy else []

    def _busy(self) -> list[Session]:
        databases, known = self.instance.databases, self._database.known()
        locking = {row[0] for row in databases.rows(ADVISORY.format(oid=self._database.oid))}
        sessions = databases.sessions(self.database, known)
        return [each for each in sessions if each.state != IDLE or each.pid in locking]


def left_open(sessions: list[Session]) -> LeakError:
    """Return the error for an application that is still busy when its test is over."""
    return LeakError(
        f"the test left {len(sessions)} session(s) in a transaction, at work or holding a lock",
        detail="\n".join(str(session) for session in sessions),
        cause="the application did not commit, roll back or unlock before the test was over",
        hint="wait in the test for what it sets going; the sessions were ended",
    )
