"""What differs between databases when a row is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from harness.data.schema.model import Column, Table, Type
from harness.data.schema.source import Database


@dataclass(frozen=True)
class Refusal:
    """Why the server refused a row.

    Attributes:
        kind: `check`, `unique`, `foreign key`, `not null`, or `other`.
        message: What it said.
        constraint: The constraint's name, where it named one.
        columns: The columns that it named.
    """

    kind: str
    message: str
    constraint: str = ""
    columns: tuple[str, ...] = ()


class Dialect(Protocol):
    """A kind of database.

    Attributes:
        ties: Whether one statement can insert rows into several tables.
    """

    ties: bool

    def read(self, db: Database, name: str) -> Table:
        """Read a table as it is now.

        Raises:
            MakeError: There is none of that name, or rows cannot be inserted into it.
        """

    def encode(self, value: Any, kind: Type) -> Any:
        """Return a value as a parameter of a statement."""

    def insert(self, table: Table, columns: Iterable[str], *, arbitrate: bool) -> str:
        """Return the statement that inserts one row and returns it.

        Args:
            table: The table.
            columns: The columns that are given, in the order of the parameters.
            arbitrate: Whether a row that is not unique shall be passed over in silence.
        """

    def together(self, statements: list[str]) -> str:
        """Return one statement that inserts several rows and returns the last one.

        References are checked at its end: the rows may refer to each other.
        """

    def next_value(self, db: Database, table: Table, column: Column) -> Any:
        """Return what a column with a default or an identity would have next; None if unknown."""

    def identifier(self, name: str) -> str:
        """Quote a name."""

    def refusal(self, error: Exception) -> Refusal | None:
        """Return why the server refused a statement; None for another error."""
