"""Asserting all rows of a table, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from harness.errors import ConfigurationError
from harness.testing.rows import messages
from harness.testing.rows.checks import Failure
from harness.testing.rows.condition import Where
from harness.testing.rows.diagnosis import check_columns, diagnosing
from harness.testing.rows.pairing import Pairing, check_keys
from harness.testing.rows.table import Database, R, Table

__unittest = True  # frames of this module are left out of a failure's traceback

MORE = 100  # rows that are fetched beyond those that are expected


def check_rows(
    db: Database[R],
    table: str,
    expected: Iterable[Mapping[str, object] | Sequence[object]],
    *,
    key: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    where: Where = None,
    failure: Failure = AssertionError,
) -> Sequence[R]:
    """Return the rows of a table, which are to be these and no others, in any order.

    Args:
        db: A lease of a database.
        table: As `lease.count` takes it.
        expected: What each row is to be: a dict of some of its columns, or a tuple of `columns`.
            Whatever compares equal will do.
        key: The column, or columns, by which rows belong together; their values must be plain ones.
            Without it, a row belongs to any whose columns are equal.
        columns: The columns of tuples; all of the table, if not given.
        where: Which rows of the table are meant, as of `find_row`.
        failure: Makes the exception to raise, from its message.

    Returns:
        The rows.

    Raises:
        AssertionError: A row is missing, unexpected or different.
        ConfigurationError: An argument cannot be used.

    Example:
        ::

            check_rows(db, "users", [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}], key="id")
    """
    asked = Table(db, table)
    with diagnosing(asked, (), failure):
        wanted = as_dicts(asked, list(expected), columns)
    condition = asked.condition(where)
    keys = (key,) if isinstance(key, str) else tuple(key or ())
    check_keys(wanted, keys)
    names = {**condition.expected, **{name: None for row in wanted for name in row}}
    with diagnosing(asked, names, failure):
        rows = asked.meeting(condition, len(wanted) + MORE)
    check_columns(asked, rows[0].columns if rows else asked.columns, names, failure)
    if len(rows) >= len(wanted) + MORE:
        number = asked.count(condition)
        raise failure(messages.other_count(asked, condition, len(wanted), number))
    pairing = Pairing(wanted, rows, keys)
    if not pairing.perfect:
        raise failure(messages.other_rows(asked, condition, pairing))
    return rows


def as_dicts(
    table: Table[Any],
    expected: list[Mapping[str, object] | Sequence[object]],
    columns: Sequence[str] | None,
) -> list[Mapping[str, object]]:
    """Return the expected rows as dicts.

    Raises:
        ConfigurationError: One is neither a dict nor a tuple of as many values as columns.
    """
    if all(isinstance(row, Mapping) for row in expected):
        return cast(list[Mapping[str, object]], expected)
    names = table.columns if columns is None else columns
    return [row if isinstance(row, Mapping) else as_dict(row, names) for row in expected]


def as_dict(row: Sequence[object], names: Sequence[str]) -> Mapping[str, object]:
    """Return a tuple as a dict.

    Raises:
        ConfigurationError: It has not as many values as there are columns.
    """
    if not isinstance(row, tuple | list) or len(row) != len(names):
        raise ConfigurationError(
            f"{row!r} is no row of the columns {', '.join(names)}",
            hint='name the columns of tuples by columns=("id", "name"), or write dicts',
        )
    return dict(zip(names, row, strict=True))
