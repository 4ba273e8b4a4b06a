"""A file that one test at a time works in, equal to a template before and after."""

from __future__ import annotations

import functools
import os
import sqlite3
from pathlib import Path

from harness.services.sqlite.connect import connect
from harness.services.sqlite.files import copy_to, locked, remove, remove_beside
from harness.services.sqlite.image import WorkFile, marks, unseen
from harness.services.sqlite.original import Original
from harness.services.sqlite.outer import OuterTransaction

OURS = ("session", "helper", "keeper", "file")  # the file last: closing it ends their locks


class Database:
    """A copy of a template, used by one lease at a time, under a path that stays.

    Args:
        template: What it is a copy of.
        path: Where it lies.
        mode: `rw`, or `ro` for one that is only read.
    """

    def __init__(self, template: Original, path: Path, mode: str = "rw") -> None:
        self.template = template
        self._base: Original | None = None
        self.path = path
        self.mode = mode
        self._copy()

    def _copy(self) -> None:
        self.template.copy(self.path)
        self._settled = self.file.settle()

    @functools.cached_property
    def file(self) -> WorkFile:
        """The file itself, in which only what differs is put back."""
        return WorkFile(self.path)

    @functools.cached_property
    def keeper(self) -> sqlite3.Connection:
        """A connection that writes nothing but the template: it sees what others have written."""
        connection = connect(self.path, autocommit=True, patience=0)
        connection.execute("pragma journal_mode = off")  # what it fails to write is made anew
        return connection

    @functools.cached_property
    def session(self) -> sqlite3.Connection:
        """The connection under the outer transactions of `rollback` tests."""
        session = connect(self.path, foreign_keys=self.template.foreign_keys, autocommit=True)
        session.execute("pragma journal_mode = memory")
        session.execute("pragma cache_spill = off")  # else a big test would lock readers out
        return session

    @functools.cached_property
    def helper(self) -> sqlite3.Connection:
        """The connection of the own methods of `commit` and `readonly` leases."""
        keys = self.template.foreign_keys
        return connect(self.path, mode=self.mode, foreign_keys=keys, autocommit=True)

    @property
    def helper_is_busy(self) -> bool:
        """Whether a test has left a transaction open by a method of its lease."""
        return "helper" in self.__dict__ and self.helper.in_transaction

    def begin(self) -> OuterTransaction:
        """Return the outer transaction of one test, to be opened by its first statement."""
        return OuterTransaction(self.session, self.template.deferred)

    def version(self) -> int:
        """Return a number that differs as soon as another connection has committed a write."""
        return int(self.keeper.execute("pragma data_version").fetchone()[0])

    def has_changed(self, version: int) -> bool:
        """Tell whether others have written since there was that version, or removed the file.

        A write into a log leaves the file as it is, another file in its place may say that it is of
        the same version: it takes both to be sure.
        """
        try:
            known = self.version() == version and marks(self.path) == self._settled.marks
            return not known or os.path.exists(f"{self.path}-journal")
        except (sqlite3.DatabaseError, OSError):  # broken, or removed
            return True

    def is_free(self, mode: str = "exclusive") -> bool:
        """Tell whether nobody holds a lock; with `immediate`, whether nobody is writing."""
        try:
            self.keeper.execute(f"begin {mode}")
        except sqlite3.OperationalError:
            return False
        except sqlite3.DatabaseError:  # broken, which is no lock
            return True
        self.keeper.execute("rollback")
        return True

    def restore(self) -> None:
        """Make it equal to the template again, behind the connections that others have open."""
        try:
            if marks(self.path)[0] != self._settled.marks[0]:
                raise FileNotFoundError(self.path)
            self.version()  # has SQLite end what a killed process has begun
            if self._leaves_log():
                self._write_pages()
            else:
                self._write_through_log()
        except (sqlite3.Error, OSError, EOFError):  # locked, or no database any more
            self.replace()

    def _leaves_log(self) -> bool:
        """Put back the mode of the journal, if a test has set `wal`; tell whether that could be."""
        if not os.path.exists(f"{self.path}-wal"):
            return True
        try:
            self.keeper.execute("pragma journal_mode = off")
        except sqlite3.OperationalError:  # an application that outlives the test is connected
            return False
        return True

    def _write_pages(self) -> None:
        """Write what differs from the template, unseen until all is there."""
        with locked(self.keeper):
            self.file.put_back(self.template.bytes, self._settled)
            remove_beside(self.path)
            self._settled = self.file.settle()

    def _write_through_log(self) -> None:
        """Write all of the template: which pages are the newest, only SQLite knows."""
        found = self.keeper.execute("pragma schema_version").fetchone()[0]
        self.template.write(self.keeper)
        later = unseen(found, self._settled.structure)
        self.keeper.execute(f"pragma schema_version = {later}")
        self.keeper.execute("pragma wal_checkpoint(truncate)").fetchall()
        self._settled = self.file.settle()

    def changed_tables(self) -> list[str]:
        """Return the tables in which it differs from the template."""
        return self.template.changed_tables(self.keeper)

    def rebase(self, path: Path) -> None:
        """Take what it holds now for what it is to be after each test.

        Args:
            path: Where to keep a copy.
        """
        self._base = self.template
        copy_to(self.keeper, path)
        self.template = Original(path, self._base.foreign_keys)
        self._settled = self.file.settle()

    def forget_base(self) -> bool:
        """Undo `rebase`; tell whether there was one."""
        if self._base is None:
            return False
        self.template.remove()
        self.template, self._base = self._base, None
        return True

    def replace(self) -> None:
        """Put a new file in its place: whoever has the old one open writes into that."""
        self.rest()
        remove(self.path)
        self._copy()

    def forget(self, *names: str) -> None:
        """Close connections of ours, which hold more than is put back; they are opened anew."""
        for name in names:
            connection = self.__dict__.pop(name, None)
            if connection is not None:
                connection.close()

    def rest(self) -> None:
        """Close the connections until the next test: a process may open only so many files."""
        self.forget(*OURS)

    @property
    def held(self) -> int:
        """How often the file is open for ourselves."""
        more = self.file.handles - 1 if "file" in self.__dict__ else 0
        return more + sum(name in self.__dict__ for name in OURS)
