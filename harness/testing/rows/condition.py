"""What an assertion says by its `where`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from harness.core.names import identifier
from harness.errors import ConfigurationError
from harness.testing.rows.equality import equals
from harness.testing.rows.text import pairs

Where: TypeAlias = Mapping[str, object] | str | tuple[str, Sequence[object]] | None

# What a server compares as Python does. Not so a float: 0.1 of four bytes is another than of eight.
PLAIN = {bool, int, Decimal, str, bytes, date, datetime, time, timedelta, UUID}


@dataclass(frozen=True)
class Condition:
    """A `where`: the part that the server decides, and the rest, which is compared here.

    Attributes:
        sql: The server's part; empty for none.
        parameters: Its values.
        rest: Columns and what they are to equal.
        expected: All columns and values, of a `where` that consists of such.
        text: The whole, for a message.
    """

    sql: str = ""
    parameters: Sequence[object] = ()
    rest: Mapping[str, object] = field(default_factory=dict)
    expected: Mapping[str, object] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def read(cls, table: str, where: object) -> Condition:
        """Read what an assertion was given.

        Args:
            table: The table's name, quoted.
            where: Columns and values; or SQL, or a pair of SQL and its parameters; None for all.

        Raises:
            ConfigurationError: It is none of these.
        """
        if where is None:
            return cls()
        if isinstance(where, Mapping):
            return cls._of_values(table, where)
        pair = where if isinstance(where, tuple) else (where, ())
        if len(pair) != 2 or not isinstance(pair[0], str) or not is_list(pair[1]):
            raise not_a_condition(where)
        return cls._of_sql(*pair)

    @classmethod
    def _of_sql(cls, sql: str, parameters: Sequence[object]) -> Condition:
        values = f" {tuple(parameters)!r}" if parameters else ""
        return cls(f"({sql}\n)", list(parameters), text=" ".join(sql.split()) + values)

    @classmethod
    def _of_values(cls, table: str, where: Mapping[Any, object]) -> Condition:
        terms, parameters, rest = [], [], {}
        for name, value in where.items():
            if not isinstance(name, str):
                raise not_a_condition(where)
            if is_compared_here(value) or not is_writable(name):
                rest[name] = value
            if is_writable(name):
                term, values = comparison(f"{table}.{identifier(name)}", value)
                terms.append(term)
                parameters += values
        return cls(" and ".join(terms), parameters, rest, where, pairs(where))

    @property
    def clause(self) -> str:
        """The `where` of a query."""
        return f" where {self.sql}" if self.sql else ""

    @property
    def phrase(self) -> str:
        """The condition in a sentence, after the table's name."""
        return f" where {self.text}" if self.text else ""

    def rest_meets(self, row: Any) -> bool:
        """Tell whether a row meets what the server did not decide."""
        return all(equals(value, row[name], name) for name, value in self.rest.items())


def is_list(parameters: object) -> bool:
    """Tell whether these are the parameters of a statement."""
    return isinstance(parameters, Sequence) and not isinstance(parameters, str | bytes)


def is_compared_here(value: object) -> bool:
    """Tell whether a value is compared in Python: a matcher, or what servers compare otherwise."""
    return value is not None and type(value) not in PLAIN


def is_writable(column: str) -> bool:
    """Tell whether a name can stand beside placeholders: psycopg takes a `%` in it for one."""
    return "%" not in column


def comparison(column: str, value: object) -> tuple[str, list[object]]:
    """Return the SQL that compares a column with a value, and its parameters.

    Of a column that is compared here it says nothing, but a server refuses it where the table has
    no such column.
    """
    if value is None:
        return f"{column} is null", []
    if is_compared_here(value):
        return f"({column} is null or {column} is not null)", []
    return f"{column} = %s", [value]


def not_a_condition(where: object) -> ConfigurationError:
    """Return the error for a `where` that cannot be read."""
    return ConfigurationError(
        f"where={where!r} is no condition",
        hint='write a dict such as {"id": 7}, SQL such as "total > 10", '
        'or both parts: ("total > %s", [10])',
    )
