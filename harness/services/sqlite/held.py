"""The lease of a whole class, and those of its tests on the same database: `hold`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.services.sqlite import leaks
from harness.services.sqlite.ordinary import CommitLease

if TYPE_CHECKING:
    from harness.services.sqlite.database import Database
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


class ClassLease(CommitLease):
    """What a class holds while its tests run: what it has written is what each of them finds."""

    def __init__(self, instance: SQLiteInstance, service: SQLite, database: Database) -> None:
        super().__init__(instance, service, database)
        self._begun = False

    def test_lease(self) -> TestLease:
        """Return a lease for one test of the class.

        Raises:
            LeakError: The class, or its application, has writes that are not committed.
        """
        self._check_held()
        if not self._begun:
            self._begin()
        elif self._database.has_changed(self.settled):  # written between two tests
            self._database.restore()
        return TestLease(self.instance, self.service, self._database, self)

    def _begin(self) -> None:
        failures: list[Exception] = []
        self._check_committed(failures)
        for failure in failures:
            raise failure
        if not self._database.is_free("immediate"):  # what is committed later, a test did not write
            raise leaks.still_locked(self._path)
        self._database.rebase(self.instance.home.new_file("base"))
        self._begun = True
        self.settle()

    def settle(self) -> None:
        """Note that the database is as the next test is to find it."""
        self.settled = self._database.version()

    def end_transaction(self, failures: list[Exception]) -> None:
        """Roll back what the class's connection has left open, and note a failure if it wrote."""
        self._check_committed(failures)

    def _put_back(self, failures: list[Exception]) -> None:
        based = self._database.forget_base()
        super()._put_back(failures)
        if based:
            self._database.restore()


class TestLease(CommitLease):
    """A lease of one test on the database that its class holds.

    The application that the class has started keeps its connections, as long as they are idle.
    """

    def __init__(
        self, instance: SQLiteInstance, service: SQLite, database: Database, held: ClassLease
    ) -> None:
        super().__init__(instance, service, database)
        self._held = held

    def _put_back(self, failures: list[Exception]) -> None:
        self._held.end_transaction(failures)
        super()._put_back(failures)

    def _left_open(self) -> int:
        """Return 0: whether a connection is the application's, SQLite does not tell."""
        return 0

    def _keep(self) -> None:
        """Leave the database to the class."""
        self._held.settle()
