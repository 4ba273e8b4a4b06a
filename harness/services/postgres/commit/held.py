"""The lease of a whole class, and those of its tests on the same database: `hold`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.core.grace import outlasting
from harness.errors import LeakError
from harness.services.breaches import never_committed
from harness.services.postgres import watcher
from harness.services.postgres.activity import Session
from harness.services.postgres.commit.lease import CommitLease
from harness.services.postgres.commit.session import has_uncommitted
from harness.services.postgres.connect import client_errors

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
        self._between: list[Exception] = []  # tests, whose failures these are not

    def test_lease(self) -> TestLease:
        """Return a lease for one test of the class.

        Raises:
            LeakError: The class has writes that it has not committed.
            LeaseError: It has changed the structure.
            FaultError, ServiceDiedError: The fault proxy has died, which cannot be put right.
        """
        self._check_held()
        self._go_on_through(*self._database.passages())
        if not self._begun:
            failures: list[Exception] = []
            self._check_committed(failures)
            busy = busy_sessions(self.instance, self._database)
            if busy:  # what it commits later would be taken for a test's
                self.instance.databases.end(session.pid for session in busy)
                failures.append(left_open("class's setUpClass", busy))
            for failure in failures:
                raise failure
            self._database.rebase("setUpClass")
            self._begun = True
        else:
            self._between += self._database.put_back(self._database.survey())
        return TestLease(self.instance, self.service, self._database, self)

    def end_transaction(self) -> bool:
        """Roll back what the class's connection has left open; tell whether it had written."""
        connection = self._connection
        if connection is None or connection.closed:
            return False
        written = has_uncommitted(connection)
        with contextlib.suppress(*client_errors()):  # it is lost, and what it wrote with it
            connection.rollback()
        return written

    def _put_back(self, failures: list[Exception]) -> None:
        super()._put_back(failures)
        failures.extend([*self._between, *self._database.check_class()])

    def _keep(self) -> None:
        self._database.forget_base()
        super()._keep()


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
            failures.append(never_committed())
        super()._put_back(failures)

    def _keep(self) -> None:
        """Leave it to the class."""

    def _end_others(self) -> list[Exception]:
        """End the sessions of others that stay in a transaction or keep a lock."""
        busy = busy_sessions(self.instance, self._database)
        self.instance.databases.end(session.pid for session in busy)
        return [left_open("test", busy)] if busy and not self.faulted else []


def busy_sessions(instance: PostgresInstance, database: CommitDatabase) -> list[Session]:
    """Return the sessions of others that stay in a transaction, at work or keep a lock."""
    return outlasting(lambda: busy_now(instance, database), lambda _: watcher.GRACE)


def busy_now(instance: PostgresInstance, database: CommitDatabase) -> list[Session]:
    """Return the sessions of others that are not idle, or keep an advisory lock."""
    rows = instance.databases.rows(ADVISORY.format(oid=database.oid))
    locking = {pid for (pid,) in rows}
    sessions = instance.databases.sessions(database.name, database.known())
    return [session for session in sessions if session.state != IDLE or session.pid in locking]


def left_open(who: str, sessions: list[Session]) -> LeakError:
    """Return the error for an application that is still busy when its test is over."""
    return LeakError(
        f"the {who} left {len(sessions)} session(s) in a transaction, at work or holding a lock",
        detail="\n".join(str(session) for session in sessions),
        cause=f"the application did not commit, roll back or unlock before the {who} was over",
        hint=f"wait in the {who} for what it sets going; the sessions were ended",
    )
