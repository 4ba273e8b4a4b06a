"""Leases whose connections are ordinary ones: `commit` and `readonly`."""

from __future__ import annotations

import functools
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.cleanup import raise_all
from harness.services.breaches import never_committed
from harness.services.sqlite import leaks
from harness.services.sqlite.connect import Connection, connect, is_open
from harness.services.sqlite.lease import SQLiteLease
from harness.services.sqlite.script import outlasts

if TYPE_CHECKING:
    from harness.services.sqlite.database import Database
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


class OrdinaryLease(SQLiteLease):
    """A lease whose `connection` is an ordinary one; its own methods use a second one."""

    mode: ClassVar[str] = "rw"

    def __init__(self, instance: SQLiteInstance, service: SQLite, path: Path) -> None:
        super().__init__(instance, service, path)
        self._connection: Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """A connection for the code under test; opened at first use, and anew after a close."""
        self._check_held()
        if self._connection is None or not is_open(self._connection):
            self._connection = self._connect()
            self._connection.statements = self.statements
        return self._connection

    def _connect(self, autocommit: bool = False) -> Connection:
        keys = self.service.foreign_keys
        return connect(self._path, mode=self.mode, foreign_keys=keys, autocommit=autocommit)

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close()


class PlainLease(OrdinaryLease):
    """A lease for migrations, of a file that is to become a template."""

    @functools.cached_property
    def _own(self) -> sqlite3.Connection:
        return self._connect(autocommit=True)

    def _helper_connection(self) -> Any:
        return self._own

    def commit_connection(self) -> None:
        """Commit what was written through `connection`, if it was used at all."""
        if self._connection is not None and is_open(self._connection):
            self._connection.commit()

    def _release(self) -> None:
        super()._release()
        self._own.close()


class DatabaseFileLease(OrdinaryLease):
    """A lease of a database that is put back afterwards; its methods use that one's helper."""

    def __init__(self, instance: SQLiteInstance, service: SQLite, database: Database) -> None:
        super().__init__(instance, service, database.path)
        self._database = database
        self._before = database.version()
        self._touched = False

    def _helper_connection(self) -> Any:
        return self._database.helper

    def _whole(self) -> sqlite3.Connection:
        return self._database.keeper

    def _original(self) -> Path:
        return self._database.template.path

    def _note(self, sql: str) -> None:
        self._touched = self._touched or outlasts(sql)

    def _release(self) -> None:
        super()._release()
        self._forget_marks()
        if self._touched or self._database.helper_is_busy:
            self._database.forget("helper")


class CommitLease(DatabaseFileLease):
    """A database of the test's own, with real commits, seen by everyone who has its path."""

    _open_before = 0

    @property
    def path(self) -> Path:
        """The database's file, for code that connects by itself."""
        if not self._given:
            self._open_before = self._others()
        return super().path

    def _others(self) -> int:
        """Return how many connections this process has to the database that are not ours."""
        own = self._database.held + is_open(self._connection)
        return leaks.times_open(self._path) - own

    def _release(self) -> None:
        failures: list[Exception] = []
        try:
            self._check_committed(failures)
            super()._release()
            self._put_back(failures)
        except Exception as error:
            failures.append(error)
            self._database.replace()
        self._keep()
        raise_all(self._of, failures)

    def _keep(self) -> None:
        """Keep the database for the next lease."""
        self.instance.give_back(self._database)

    def _check_committed(self, failures: list[Exception]) -> None:
        """Note a failure if `connection` was left with writes that nobody committed."""
        connection = self._connection
        if connection is None or not is_open(connection) or not connection.in_transaction:
            return
        written = not self._database.is_free("immediate")
        connection.rollback()
        if written and self._database.is_free("immediate"):
            failures.append(never_committed())

    def _put_back(self, failures: list[Exception]) -> None:
        """Make the database pristine: by nothing at all, where nobody has written."""
        locked = not self._database.is_free()
        left = 0 if locked else self._left_open()
        if locked:
            failures.append(leaks.still_locked(self._path))
        elif left:
            failures.append(leaks.still_open(left))
        if failures and (locked or left):
            self._database.replace()
        elif self._database.has_changed(self._before):
            self._database.restore()

    def _left_open(self) -> int:
        """Return how many connections this process has left open, if it could make any."""
        if not self._given:
            return 0
        if self._others() > self._open_before:
            self._database.rest()  # SQLite keeps files open that others have closed, while we lock
        return max(0, self._others() - self._open_before)


class ReadonlyLease(DatabaseFileLease):
    """A shared database whose connections refuse every write."""

    mode = "ro"
    readonly = True

    def test_lease(self) -> SQLiteLease:
        """Return one more lease of the same database."""
        return self.instance.lease(self.service)

    def _release(self) -> None:
        super()._release()
        if self._database.has_changed(self._before):
            tables = self._database.changed_tables()
            self._database.restore()
            raise leaks.committed_elsewhere(tables)
