"""One table of a lease, as the matchers ask it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

from harness.core.names import identifier, table_name
from harness.errors import ConfigurationError
from harness.testing.rows.condition import Condition, is_writable

COMPARED = 10_000  # rows that are fetched at most to compare them here
SORTED = 4  # columns by which rows are put in order where some are picked


class RowLike(Protocol):
    """A row whose values go by their column's name."""

    columns: tuple[str, ...]

    def __getitem__(self, key: Any, /) -> Any:
        """Return the value of a column."""


R = TypeVar("R", bound=RowLike)
R_co = TypeVar("R_co", bound=RowLike, covariant=True)


class Database(Protocol[R_co]):
    """What the matchers need of a lease, such as `self.db`."""

    def rows(self, sql: str, parameters: Sequence[object] = ..., /) -> Sequence[R_co]:
        """Return the rows of a query, whose placeholders are `%s`."""

    def count(self, table: str, /) -> int:
        """Return the number of rows in a table."""

    def exists(self, table: str, /) -> bool:
        """Tell whether there is a table of that name."""

    def table_names(self) -> Sequence[str]:
        """Return the names of all tables and views."""

    def recording(self) -> AbstractContextManager[Any]:
        """Record what the code under test sends."""


class Table(Generic[R]):
    """One table of a lease.

    Args:
        db: The lease.
        name: The table, as `lease.count` takes it.

    Raises:
        ConfigurationError: That is no lease of a database.
    """

    def __init__(self, db: Database[R], name: str) -> None:
        if not callable(getattr(db, "rows", None)):
            raise ConfigurationError(
                f"{db!r} has no rows",
                cause="it is not a lease of a database, or not of a running test",
                hint="pass a lease, such as self.db",
            )
        self.db = db
        self.name = name
        self.quoted = table_name(name)

    def condition(self, where: object) -> Condition:
        """Read the `where` of an assertion."""
        return Condition.read(self.quoted, where)

    def meeting(self, condition: Condition, limit: int, order_by: str | None = None) -> list[R]:
        """Return the rows that meet a condition.

        Args:
            condition: What they meet.
            limit: How many at most, where the server alone decides.
            order_by: In which order, as SQL.

        Raises:
            ConfigurationError: Too many rows would have to be fetched to compare them here.
        """
        fetched = limit if not condition.rest else COMPARED + 1
        order = f" order by {order_by}" if order_by else ""
        rows = self.select(condition, f"{order} limit {fetched}")
        if not condition.rest:
            return rows
        if len(rows) > COMPARED:
            raise too_many(self.name, condition)
        return [row for row in rows if condition.rest_meets(row)]

    def select(self, condition: Condition, tail: str = "") -> list[R]:
        """Return the rows that meet the part of a condition that the server can decide."""
        sql = f"select * from {self.quoted}{condition.clause}{tail}"
        return list(self.db.rows(sql, condition.parameters))

    def count(self, condition: Condition) -> int:
        """Return how many rows meet a condition."""
        if condition.rest:
            return len(self.meeting(condition, COMPARED))
        sql = f"select count(*) as number from {self.quoted}{condition.clause}"
        return int(self.db.rows(sql, condition.parameters)[0]["number"])

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns, which even an empty table has."""
        sql = f"select {self.quoted}.* from (select 1) as harness_one left join {self.quoted}"
        rows = self.db.rows(f"{sql} on 1 = 0")
        return tuple(rows[0].columns) if rows else ()  # a table may have no columns at all

    @property
    def order(self) -> str:
        """An order of its rows, as SQL: not every type can be sorted, but all can be as text."""
        names = [name for name in self.columns if is_writable(name)][:SORTED]
        texts = [f"cast({self.column(name)} as text)" for name in names]
        return ", ".join(texts) or "(select null)"

    def column(self, name: str) -> str:
        """Write a column into SQL, so that no server takes an unknown one for a text."""
        return f"{self.quoted}.{identifier(name)}"


def too_many(table: str, condition: Condition) -> ConfigurationError:
    """Return the error for more rows than are compared one by one."""
    names = ", ".join(condition.rest)
    return ConfigurationError(
        f"more than {COMPARED} rows of {table} would have to be compared here",
        cause=f"the server cannot decide what is asked of {names}",
        hint="narrow `where` by a plain value, or by an SQL condition",
    )
