"""A database file that others are copied from, and that no test is told of."""

from __future__ import annotations

import functools
import mmap
import sqlite3
from pathlib import Path

from harness.services.sqlite.changes import changed_tables
from harness.services.sqlite.connect import connect
from harness.services.sqlite.deferred import Deferred
from harness.services.sqlite.files import copy, duplicate, remove
from harness.services.sqlite.image import Mapped


class Original:
    """A database file that others are copied from.

    Args:
        path: Where it lies.
        foreign_keys: Whether connections to its copies enforce references.

    Attributes:
        deferred: Its references that are checked at commit.
    """

    def __init__(self, path: Path, foreign_keys: bool) -> None:
        self.path = path
        self.foreign_keys = foreign_keys
        self._connection = connect(path, autocommit=True)
        self.deferred = Deferred.read(self._connection)

    @functools.cached_property
    def bytes(self) -> Mapped:
        """The file in memory, read where it is looked at."""
        with self.path.open("rb") as file:
            return Mapped(file.fileno(), mmap.ACCESS_COPY, self.path.stat().st_size)

    def copy(self, path: Path) -> None:
        """Make a new file that equals this one."""
        duplicate(self.path, path)

    def write(self, target: sqlite3.Connection) -> None:
        """Write this database over another one, by SQLite's own means.

        Raises:
            sqlite3.OperationalError: Somebody has a lock on it.
        """
        copy(self._connection, target)

    def changed_tables(self, connection: sqlite3.Connection) -> list[str]:
        """Return the tables in which another database differs from this one."""
        return changed_tables(connection, self.path)

    def remove(self) -> None:
        """Remove the file."""
        self.close()
        remove(self.path)

    def close(self) -> None:
        """Close the connection; the file goes with the instance."""
        if "bytes" in self.__dict__:
            self.bytes.close()
        self._connection.close()
