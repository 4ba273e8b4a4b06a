"""What tables are read from, and rows are written to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Database(Protocol):
    """A lease on a database, as far as making rows needs one. Placeholders are `%s`."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and commit it; return the number of rows that it touched."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Run a statement and return its rows: tuples with their columns as attributes."""


Rows = Callable[[str, Sequence[object]], list[Any]]
