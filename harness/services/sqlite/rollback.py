"""The lease that undoes what the test wrote: `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.cleanup import raise_all
from harness.services.sqlite import leaks
from harness.services.sqlite.lease import SQLiteLease
from harness.services.sqlite.virtual import VirtualConnection

if TYPE_CHECKING:
    from pathlib import Path

    from harness.services.sqlite.database import Database
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


class RollbackLease(SQLiteLease):
    """A database in which everything the test writes is undone at its end.

    Only `connection` and the lease's own methods see the writes; other connections do not, and
    cannot write themselves while the test has done so.
    """

    def __init__(self, instance: SQLiteInstance, service: SQLite, database: Database) -> None:
        super().__init__(instance, service, database.path)
        self._database = database
        self._outer = database.begin()
        self._connections: list[VirtualConnection] = []
        self._virtual: VirtualConnection | None = None
        self._helper: VirtualConnection | None = None
        self._before = (0, 0)

    @property
    def connection(self) -> Any:
        """A connection of sqlite3 whose commits and rollbacks stay inside the test."""
        self._check_held()
        if self._virtual is None or self._virtual.closed:
            self._virtual = self.new_connection()
        return self._virtual

    def new_connection(self, *, noted: bool = True) -> VirtualConnection:
        """Return one more connection into the same transaction, to close on its own.

        What is open on one of them is open on all: they share the test's one session.

        Args:
            noted: Whether `recording()` shows what it sends.
        """
        self._check_held()
        connection = VirtualConnection(self._outer, self.statements if noted else None)
        self._connections.append(connection)
        return connection

    @property
    def path(self) -> Path:
        """The database's file; other connections do not see what this test writes."""
        if not self._given:
            self._before = self._look()
        return super().path

    def _look(self) -> tuple[int, int]:
        """Return a number for what others have written, and how many connections they have."""
        number = self._database.version()
        return number, leaks.times_open(self._path) - self._database.held

    def _helper_connection(self) -> VirtualConnection:
        if self._helper is None:
            self._helper = self.new_connection(noted=False)
            self._helper.isolation_level = None
        return self._helper

    def _whole(self) -> Any:
        return self._outer.session

    def _original(self) -> Path:
        return self._database.template.path

    def failure_notes(self) -> list[str]:
        """Return a note for a test that wrote here and connected by itself."""
        if not (self._given and self._outer.used):
            return []
        return [
            "this test used `connection` and `dsn` (or `path`): under isolation='rollback' other "
            "connections do not see what `connection` wrote, and find the database locked when "
            "they write; isolation='commit' shows it to all"
        ]

    def _release(self) -> None:
        failures: list[Exception] = []
        try:
            self._forget_marks()
            self._finish(failures)
            if self._given:
                self._check_others(failures)
        except Exception as error:
            failures.append(error)
            self._database.replace()
        self.instance.give_back(self._database)
        raise_all(self._of, failures)

    def _finish(self, failures: list[Exception]) -> None:
        """Undo the test, and note what it broke."""
        try:
            for connection in self._connections:
                connection.expire()
            self._outer.finish()
        except Exception as error:
            failures.append(error)
        if self._outer.lost or self._outer.session.in_transaction:
            self._database.replace()
        elif self._outer.touched:
            self._database.forget("session")

    def _check_others(self, failures: list[Exception]) -> None:
        """Note what other connections did to this database while the test ran."""
        if self._outer.lost:
            return
        free = self._database.is_free()
        version, number = self._look()
        if version != self._before[0]:
            failures.append(leaks.committed_elsewhere(self._database.changed_tables()))
        if not free:
            failures.append(leaks.still_locked(self._path))
        elif number > self._before[1]:
            failures.append(leaks.still_open(number - self._before[1]))
        if not free or number > self._before[1]:
            self._database.replace()
        elif version != self._before[0]:
            self._database.restore()
