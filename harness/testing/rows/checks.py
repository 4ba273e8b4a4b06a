"""Assertions on one row, on none, and on their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from harness.testing.rows import messages
from harness.testing.rows.condition import Where
from harness.testing.rows.diagnosis import check_columns, diagnosing
from harness.testing.rows.equality import differences, equals
from harness.testing.rows.nearest import SHOWN
from harness.testing.rows.table import Database, R, Table

__unittest = True  # frames of this module are left out of a failure's traceback

Failure: TypeAlias = Callable[[str], BaseException]

NOTHING: Mapping[str, object] = {}


def find_row(
    db: Database[R],
    table: str,
    where: Where = None,
    columns: Mapping[str, object] = NOTHING,
    *,
    order_by: str | None = None,
    failure: Failure = AssertionError,
) -> R:
    """Return the one row that a condition names, and check its columns.

    Args:
        db: A lease of a database.
        table: As `lease.count` takes it.
        where: Columns and values, None standing for NULL; or SQL; or SQL and its parameters.
        columns: Columns and what they are to equal. Whatever compares equal will do.
        order_by: SQL, such as `id desc`: where several rows are named, take the first.
        failure: Makes the exception to raise, from its message.

    Returns:
        The row.

    Raises:
        AssertionError: There is no such row, or several, or its columns differ.
        ConfigurationError: An argument cannot be used.

    Example:
        ::

            find_row(db, "accounts", {"id": 7}, {"balance": 750})
    """
    asked = Table(db, table)
    condition = asked.condition(where)
    with diagnosing(asked, {**condition.expected, **columns}, failure):
        rows = asked.meeting(condition, 1 if order_by else SHOWN + 1, order_by)
    check_columns(asked, rows[0].columns if rows else asked.columns, columns, failure)
    if not rows:
        raise failure(messages.no_row(asked, condition, columns))
    if len(rows) > 1 and not order_by:
        raise failure(messages.several_rows(asked, condition, columns, rows))
    if differences(columns, rows[0]):
        raise failure(messages.other_row(asked, condition, columns, rows[0]))
    return rows[0]


def check_no_row(
    db: Database[R], table: str, where: Where = None, *, failure: Failure = AssertionError
) -> None:
    """Do nothing where no row meets a condition.

    Args:
        db: A lease of a database.
        table: As `lease.count` takes it.
        where: As of `find_row`.
        failure: Makes the exception to raise, from its message.

    Raises:
        AssertionError: There is one.
        ConfigurationError: An argument cannot be used.
    """
    asked = Table(db, table)
    condition = asked.condition(where)
    with diagnosing(asked, condition.expected, failure):
        rows = asked.meeting(condition, SHOWN + 1)
    if rows:
        raise failure(messages.unwanted_rows(asked, condition, rows))


def check_count(
    db: Database[R],
    table: str,
    number: object,
    where: Where = None,
    *,
    failure: Failure = AssertionError,
) -> None:
    """Do nothing where as many rows as expected meet a condition.

    Args:
        db: A lease of a database.
        table: As `lease.count` takes it.
        number: How many, or whatever compares equal to it.
        where: As of `find_row`.
        failure: Makes the exception to raise, from its message.

    Raises:
        AssertionError: There are more, or fewer.
        ConfigurationError: An argument cannot be used.
    """
    asked = Table(db, table)
    condition = asked.condition(where)
    with diagnosing(asked, condition.expected, failure):
        count = asked.count(condition)
    if not equals(number, count, "count"):
        raise failure(messages.other_count(asked, condition, number, count))
