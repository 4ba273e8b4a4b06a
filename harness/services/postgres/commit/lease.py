"""The lease with real commits: `commit`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import raise_all
from harness.core.endpoint import Endpoint
from harness.errors import IsolationError, LeakError
from harness.services.breaches import never_committed
from harness.services.postgres.commit.database import LostDatabaseError
from harness.services.postgres.commit.inspector import Survey
from harness.services.postgres.commit.session import has_uncommitted
from harness.services.postgres.connect import is_readable
from harness.services.postgres.customized import are_unknown
from harness.services.postgres.ordinary import PlainLease
from harness.services.postgres.watcher import leaked, lingering

if TYPE_CHECKING:
    from harness.services.postgres.commit.changes import Mark
    from harness.services.postgres.commit.database import CommitDatabase
    from harness.services.postgres.commit.session import CommitSession
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

CODE = "connection"  # of the code under test
HELPERS = "helpers"  # of the lease's own methods
KEPT = "pg8000"  # the driver whose sessions can be handed on, clean


class CommitLease(PlainLease):
    """A database with real commits, seen by everyone who has the DSN, and put back afterwards."""

    uses = (CODE, HELPERS)

    def __init__(
        self, instance: PostgresInstance, service: Postgres, database: CommitDatabase
    ) -> None:
        super().__init__(instance, service, database.name)
        self._database = database
        self._pass_through(*database.passages())

    def _connect(self) -> Any:
        return self._kept(self.uses[0], self._endpoint)

    def _connect_own(self) -> Any:
        return self._kept(self.uses[1], self.instance.endpoint)

    def _kept(self, use: str, endpoint: Endpoint) -> Any:
        """Return a session that is kept from test to test, which only those of pg8000 can be."""
        if self.service.driver != KEPT:
            return self._open(endpoint)
        self._check_up()
        return self._database.sessions.get(use, endpoint)

    def _is_gone(self, connection: Any) -> bool:
        if super()._is_gone(connection) or not self.faulted:
            return bool(connection.closed)
        kept = self.service.driver == KEPT
        return bool(connection.is_lost if kept else is_readable(connection.fileno()))

    def write_mark(self) -> Mark:
        """Return a mark for `written_since`."""
        return self._database.mark()

    def written_since(self, mark: Mark | None) -> frozenset[str]:
        """Return the tables that anybody wrote to, and committed, since a mark."""
        self._check_held()
        return frozenset(self._database.written(mark))

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[Callable[[], object]]:
        uncommitted: list[Exception] = []
        self._check_committed(uncommitted)
        raise_all(self._of, uncommitted)
        try:
            with self._database.keeping():
                yield self._put_back_run
        finally:
            self._forget_closed()

    def _put_back_run(self) -> None:
        """Put back what one run of a sweep wrote, whose sessions have ended."""
        if self.service.driver != KEPT:  # else the database closes it where it has to
            self._close()
        try:
            survey = self._database.survey()
            if self._database.end_prepared():  # they belong to the run, as its rows do
                survey = self._database.survey()
            failures = self._database.put_back(survey)
        except LostDatabaseError:
            self._database.free_lost()
            failures = [*self._database.replace(), lost_database(self.database)]
        self._forget_closed()
        raise_all(self._of, failures)

    def _forget_closed(self) -> None:
        """Give up the session of our own methods where a clone has taken the database's place."""
        if self._own is not None and self._own.closed:
            self._own = None

    def _release(self) -> None:
        failures = self._end_faults()
        try:
            self._check_committed(failures)
            self._put_back(failures)
            self._keep()
        except Exception as error:
            self.instance.forget_database(self._database)
            failures.append(self._death(error) or error)
        if not self.outages:  # else the test has been told
            raise_all(self._of, failures)

    def _put_back(self, failures: list[Exception]) -> None:
        """Put back what the test wrote, once nobody else is at it."""
        try:
            survey = self._alone(failures)
            clean = self._database.is_clean(survey)
            if self._database.read_only and not clean:
                failures.extend(reference_data(self._database.written(None)))
            failures.extend(self._database.put_back(survey, clean=clean))
        except LostDatabaseError:
            failures.extend(self._end_others())  # on another one of its name
            failures.extend(left_prepared(self._database.free_lost()))
            failures.extend(self._database.replace())
            failures.append(lost_database(self.database))

    def _keep(self) -> None:
        """Keep the database for the next lease."""
        self.instance.give_back_database(self._database)

    def _alone(self, failures: list[Exception]) -> Survey:
        """End what others have left here, with a failure for it; return where the server stands."""
        survey = self._survey()
        prepared = self._database.end_prepared()
        if prepared:
            failures.extend(left_prepared(prepared))
            survey = self._database.survey()  # only now their transaction ids count
        if self._database.has_others(survey):
            self._database.sessions.check()
            failures.extend(self._end_others())
            survey = self._database.survey()
        return survey

    def _survey(self) -> Survey:
        """Tell where the server stands, while our sessions are cleared or closed.

        Nothing but remains of what was written before can be written by that, so that the one need
        not wait for the other.
        """
        if self.service.driver != KEPT:
            self._close()
            return self._database.survey()
        if self.faulted and self._connection is not None and self._connection.is_lost:
            self._connection.hang_up()  # so that what the server has left of it is a stranger's
        used = self._used_sessions()
        for _, session in used:
            session.begin_clearing()
        try:
            return self._database.survey()
        finally:
            for use, session in used:
                self._hand_on(use, session)

    def _used_sessions(self) -> list[tuple[str, CommitSession]]:
        """Return the sessions that the test has used, and for what."""
        sessions = zip(self.uses, (self._connection, self._own), strict=True)
        return [(use, each) for use, each in sessions if each is not None and not each.closed]

    def _check_committed(self, failures: list[Exception]) -> None:
        """Note a failure if `connection` was left with writes that nobody committed."""
        if self._connection is not None and has_uncommitted(self._connection):
            failures.append(never_committed())

    def _hand_on(self, use: str, session: CommitSession) -> None:
        """Keep a session that was cleared for the next test, or close it."""
        try:
            session.end_clearing()
            if session.customized or not are_unknown(session, self._database.source.settings):
                session.hang_up()
            else:
                self._database.sessions.keep(use, session.handed_on())
        except Exception:  # lost, or out of step: pg8000 stumbles over a COPY without a stream
            session.hang_up()

    def _end_others(self) -> list[Exception]:
        """End the sessions of others that stay here, and return the failure for them."""
        databases, known = self.instance.databases, self._database.known()
        self._end_cut_off(known)
        sessions = lingering(databases, self.database, known)
        if not sessions:
            return []
        databases.end_sessions(self.database, known)
        databases.await_empty(self.database, known)
        return [leaked(sessions)]


def reference_data(tables: list[str]) -> list[Exception]:
    """Return the failure for a test that has written to reference data, if it has."""
    if not tables:
        return []
    return [
        LeakError(
            f"the test wrote to reference data: {', '.join(sorted(tables))}",
            cause="a session asked for a transaction that is read write, or set "
            "default_transaction_read_only to off",
            hint="declare Postgres(isolation='commit') for tests that write",
        )
    ]


def lost_database(name: str) -> IsolationError:
    """Return the error for a test that has dropped, renamed or closed its database."""
    return IsolationError(
        f"the test has dropped, renamed or closed its database {name}",
        cause="the code under test manages databases, and was given the one of the lease",
        hint="let it make one of its own; the next test finds the database as it was",
    )


def left_prepared(names: list[str]) -> list[Exception]:
    """Return the failure for transactions that were prepared and not finished, if there are any."""
    if not names:
        return []
    return [
        LeakError(
            f"the test left {len(names)} prepared transaction(s): {', '.join(names)}",
            cause="a PREPARE TRANSACTION was followed by no COMMIT PREPARED and no "
            "ROLLBACK PREPARED",
            hint="finish it in the test; it was rolled back",
        )
    ]
