"""Finding the rows that are most like one that is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic

from harness.testing.rows.condition import PLAIN, Condition, is_writable
from harness.testing.rows.equality import NUMBERS, differences, likeness
from harness.testing.rows.table import R, Table
from harness.testing.rows.text import one_line

SHOWN = 3  # rows in a message
SMALL = 500  # rows of a table that are all looked at
CANDIDATES = 100  # rows of a larger one
SAMPLE = 20  # rows by which the type of a column is guessed


class Search(Generic[R]):
    """The rows of a table that are most like what a test expects, in the same order every time.

    Attributes:
        total: The number of rows in the table.
        looked: The number of rows that were compared.
        rows: The nearest ones, the best first.
    """

    def __init__(self, table: Table[R], expected: Mapping[str, object]) -> None:
        self._table = table
        self.total = table.count(Condition())
        candidates = self._candidates(expected)
        self.looked = len(candidates)
        self.rows = ranked(candidates, expected)[:SHOWN]

    def _candidates(self, expected: Mapping[str, object]) -> list[R]:
        """Return all rows of a small table, of a large one those with the most equal columns."""
        if self.total <= SMALL:
            return self._table.select(Condition())
        terms, parameters = self._score(expected)
        score = [f"{' + '.join(terms)} desc"] if terms else []
        tail = f" order by {', '.join([*score, self._table.order])} limit {CANDIDATES}"
        return self._table.select(Condition(parameters=parameters), tail)

    def _score(self, expected: Mapping[str, object]) -> tuple[list[str], list[object]]:
        """Return the SQL that counts the columns that are as expected, and its parameters.

        A column is left out whose values are of another type: the server would refuse to compare
        them, and end the transaction of the code under test.
        """
        sample = self._table.select(Condition(), f" limit {SAMPLE}")
        terms: list[str] = []
        parameters: list[object] = []
        for name, value in expected.items():
            if not (type(value) in PLAIN and is_writable(name)):
                continue
            if any(comparable(value, row[name]) for row in sample):
                column = self._table.column(name)
                if isinstance(value, str):  # what else is read as text need not have an equality
                    column = f"cast({column} as text)"
                terms.append(f"case when {column} = %s then 1 else 0 end")
                parameters.append(value)
        return terms, parameters


def comparable(expected: object, actual: object) -> bool:
    """Tell whether a server can compare two values."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return type(expected) is type(actual)
    if isinstance(expected, NUMBERS):
        return isinstance(actual, NUMBERS)
    return type(expected) is type(actual)


def ranked(rows: Sequence[R], expected: Mapping[str, object]) -> list[R]:
    """Sort rows: those with the most equal columns first, then those whose others are alike."""
    return sorted(rows, key=lambda row: (*rank(row, expected), *map(sortable, values_of(row))))


def rank(row: Any, expected: Mapping[str, object]) -> tuple[int, float]:
    """Say how far a row is from what is expected: columns that differ, and how much."""
    found = differences(expected, row)
    return len(found), -sum(map(likeness, found))


def values_of(row: Any) -> list[Any]:
    """Return the values of a row."""
    return [row[name] for name in row.columns]


def sortable(value: Any) -> tuple[str, Any]:
    """Return a key by which values of any types can be sorted."""
    if isinstance(value, NUMBERS) and value == value:
        return "", value
    return type(value).__name__, one_line(value)
