"""References that are checked at commit, rather than at each statement."""

from __future__ import annotations

import functools
import re
import sqlite3
from collections.abc import Callable, Set
from dataclasses import dataclass

from harness.core.names import identifier

TABLES = "select name from sqlite_master where type = 'table'"
# Statements that may add or remove a reference that is checked at commit.
STRUCTURE = re.compile(r"\b(?:alter|create|drop)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Deferred:
    """The tables of a database whose references may wait for the commit.

    Attributes:
        tables: Their names.
        known: Returns the references that do not hold in the template, which no test is to be
            blamed for. Called where one is found.
    """

    tables: tuple[str, ...] = ()
    known: Callable[[], Set[object]] = frozenset

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Deferred:
        """Read them from a template."""

        @functools.cache
        def known() -> frozenset[object]:
            return frozenset(broken(connection, every(connection)))

        return cls(waiting(connection), known)

    def changed(self, connection: sqlite3.Connection) -> Deferred:
        """Return the same for a database whose structure has changed since."""
        return Deferred(waiting(connection), self.known)

    def check(self, connection: sqlite3.Connection, pragmas: bool) -> None:
        """Do what a commit does first.

        Args:
            connection: A connection, with writes that are to be committed.
            pragmas: Whether a PRAGMA may have made every reference wait.

        Raises:
            sqlite3.IntegrityError: A reference does not hold.
        """
        tables = self.tables
        if pragmas and connection.execute("pragma defer_foreign_keys").fetchone()[0]:
            tables = every(connection)
        found = set(broken(connection, tables))
        if found and found - self.known():
            raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")


def waiting(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the tables with references that are declared to wait."""
    return tuple(name for (name,) in connection.execute(f"{TABLES} and sql like '%deferr%'"))


def every(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return all tables."""
    return tuple(name for (name,) in connection.execute(TABLES))


def broken(connection: sqlite3.Connection, tables: tuple[str, ...]) -> list[tuple[object, ...]]:
    """Return the references that do not hold: table, row, the table referred to, which reference.

    Unlike a commit, which counts, this looks at every row of these tables.
    """
    return [row for table in tables for row in broken_in(connection, table)]


def broken_in(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """Return the references of one table that do not hold."""
    try:
        return connection.execute(f"pragma foreign_key_check({identifier(table)})").fetchall()
    except sqlite3.OperationalError:  # it refers to no key: SQLite refuses every write to it
        return []
