"""Rows that are tuples, with their columns as attributes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class Row(tuple[Any, ...]):
    """One row of a result: a tuple whose values also go by their column's name.

    Example:
        >>> row = Row(["id", "email"], [7, "a@example.com"])
        >>> row.email, row["id"], row == (7, "a@example.com")
        ('a@example.com', 7, True)
    """

    columns: tuple[str, ...]

    def __new__(cls, columns: Iterable[str], values: Iterable[Any]) -> Row:
        """Make the row; a tuple holds its values from the start."""
        row = super().__new__(cls, values)
        row.columns = tuple(columns)
        return row

    def __getattr__(self, name: str) -> Any:
        if name != "columns" and name in self.columns:
            return self[self.columns.index(name)]
        raise AttributeError(f"the row has no column {name!r}; it has {', '.join(self.columns)}")

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        if key not in self.columns:
            raise KeyError(f"the row has no column {key!r}; it has {', '.join(self.columns)}")
        return super().__getitem__(self.columns.index(key))  # not by attribute: tuples have `count`

    def __getnewargs__(self) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        return self.columns, tuple(self)

    def __repr__(self) -> str:
        pairs = zip(self.columns, self, strict=True)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in pairs)})"


def rows_of(cursor: Any) -> list[Row]:
    """Fetch all rows of a DB-API cursor; none where the statement returns no rows."""
    if cursor.description is None:
        return []
    columns = [str(column[0]) for column in cursor.description]
    fetched: Sequence[Sequence[Any]] = cursor.fetchall()
    return [Row(columns, values) for values in fetched]
