"""An ordinary connection that notes what the code under test sends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from harness.services.sqlite.script import split
from harness.services.statements import Statements


class NotingConnection(sqlite3.Connection):
    """A connection of sqlite3 whose cursors note their statements.

    sqlite3's own trace callback would show a statement once more for each of its triggers.
    """

    statements = Statements()

    def cursor(self, factory: Any = None) -> Any:
        """Return a new cursor; one of the user's own class notes as well."""
        made = NotingCursor if factory is None else type("Noting", (NotingCursor, factory), {})
        return super().cursor(made)


class NotingCursor(sqlite3.Cursor):
    """A cursor of sqlite3 that notes what it is about to run."""

    connection: NotingConnection

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run a statement (PEP 249)."""
        self.connection.statements.note(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Any:
        """Run a statement once for each of many rows (PEP 249)."""
        sets = list(parameters)
        self.connection.statements.note(sql, len(sets))
        return super().executemany(sql, sets)

    def executescript(self, script: str) -> Any:
        """Run many statements."""
        for statement in split(script):
            self.connection.statements.note(statement.text)
        return super().executescript(script)
