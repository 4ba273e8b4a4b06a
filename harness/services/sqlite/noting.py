"""Cursors of ordinary connections that note what the code under test sends."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.services.sqlite.script import split

if TYPE_CHECKING:
    from harness.services.statements import Statements


class Noting:
    """A cursor that notes what it is about to run.

    sqlite3's own trace callback would show a statement once more for each of its triggers.
    """

    connection: Any

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run a statement (PEP 249)."""
        self._statements.note(sql)
        return super().execute(sql, parameters)  # type: ignore[misc]

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Any:
        """Run a statement once for each of many rows (PEP 249)."""
        sets = list(parameters)
        self._statements.note(sql, len(sets))
        return super().executemany(sql, sets)  # type: ignore[misc]

    def executescript(self, script: str) -> Any:
        """Run many statements."""
        for statement in split(script):
            self._statements.note(statement.text)
        return super().executescript(script)  # type: ignore[misc]

    @property
    def _statements(self) -> Statements:
        statements: Statements = self.connection.statements
        return statements


@functools.cache
def noting(factory: type[sqlite3.Cursor]) -> type[sqlite3.Cursor]:
    """Return a class of cursors that notes what it runs."""
    return type(factory.__name__, (Noting, factory), {})
