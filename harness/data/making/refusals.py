"""Saying why a row could not be made, and what to give."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.data.making.dialect import Refusal
from harness.data.making.filling import NoPartitionError, UnfilledError
from harness.data.making.given import bare
from harness.data.schema.model import Check, Table
from harness.errors import MakeError


def unfilled(table: Table, error: UnfilledError, given: Iterable[str]) -> MakeError:
    """Return the error for a row that no values were found for."""
    if isinstance(error, NoPartitionError):
        return no_partition(table, error.checks)
    given = set(given)
    about = sorted({name for check in error.checks for name in check.columns})
    free = [error.column] if error.column else [name for name in about if name not in given]
    named = ", ".join(f"{table.name}.{name}" for name in free)
    cause = error.reason or "its conditions leave few values, or depend on each other"
    return MakeError(
        f"no value was found for {named}",
        detail=listed(error.checks),
        cause=cause,
        hint=give(table.name, free),
    )


def no_partition(table: Table, checks: tuple[Check, ...]) -> MakeError:
    """Return the error for a partitioned table without a partition for the row."""
    return MakeError(
        f"{table.name} has no partition that takes the row",
        detail=listed(checks),
        cause="the values given lie outside of all" if checks else "none was created",
        hint="create the partition, or give values that one of these takes",
    )


def listed(checks: Iterable[Check]) -> str | None:
    """Return conditions by name, each on its line."""
    return "\n".join(f"{check.name}: {check.text}" for check in checks) or None


def give(table: str, columns: Iterable[str]) -> str:
    """Return what to write instead.

    Example:
        >>> give("orders", ["total"])
        'give it: make("orders", total=...)'
    """
    values = ", ".join(f"{column}=..." for column in columns)
    name = repr(table) if '"' in table else f'"{table}"'
    return f"give it: make({name}, {values})"


def exhausted(table: Table, refusal: Refusal, tries: int) -> MakeError:
    """Return the error for values that were all there already."""
    columns = refusal.columns or unique_columns(table, refusal.constraint)
    return MakeError(
        f"{table.name} has a row like every one of {tries} that were drawn",
        detail=refusal.message,
        cause=f"{refusal.constraint or 'a unique constraint'} leaves few values, all taken",
        hint=give(table.name, columns) if columns else "give the columns that have to be unique",
    )


def unique_columns(table: Table, constraint: str) -> tuple[str, ...]:
    """Return the columns of a unique constraint by its name."""
    found = (unique.columns for unique in table.uniques if bare(unique.name) == constraint)
    return next(found, ())


def refused(table: Table, refusal: Refusal) -> MakeError:
    """Return the error for a row that the server did not take."""
    check = unread_check(table, refusal)
    if check is not None:
        return unread(table, check, refusal)
    check = next((check for check in table.checks if check.name == refusal.constraint), None)
    return MakeError(
        f"the server refused the row for {table.name}: {refusal.message}",
        detail=None if check is None else listed([check]),
        cause=cause_of(table, refusal),
        hint=hint_for(table, refusal),
    )


def unread_check(table: Table, refusal: Refusal) -> Check | None:
    """Return the condition that a row broke, where that could not be read.

    The server does not name the bounds of a partition.
    """
    if refusal.kind != "check":
        return None
    named = (check for check in table.checks if refusal.constraint in ("", check.name))
    return next((check for check in named if check.reason), None)


def checked(table: Table, refusal: Refusal) -> set[str]:
    """Return the columns of a condition that a row broke; all where they are not known."""
    if refusal.kind != "check":
        return set()
    named = [check for check in table.checks if refusal.constraint in ("", check.name)]
    found = {name for check in named if not check.reason for name in check.columns}
    return set(table.columns) if any(check.reason for check in named) else found


def cause_of(table: Table, refusal: Refusal) -> str:
    """Return why a row may have been refused."""
    causes = {
        "check": "the values given break the condition, or it says more than could be read",
        "unique": "the values given are in the table already",
        "foreign key": "the key given belongs to no row",
        "not null": "a trigger or a function sets the column to NULL, or None was given",
    }
    return causes.get(refusal.kind, "a trigger, a rule, or a type that takes fewer values")


def hint_for(table: Table, refusal: Refusal) -> str:
    """Return the columns to give, or to give otherwise."""
    columns = refusal.columns or columns_of(table, refusal.constraint)
    return give(table.name, columns) if columns else "give the columns that it is about"


def columns_of(table: Table, constraint: str) -> tuple[str, ...]:
    """Return the columns of any constraint by its name."""
    for check in table.checks:
        if check.name == constraint:
            return tuple(sorted(check.columns & table.columns.keys()))
    for key in table.foreign_keys:
        if key.name == constraint:
            return key.columns
    return unique_columns(table, constraint)


def unread(table: Table, check: Check, refusal: Refusal) -> MakeError:
    """Return the error for a condition that could not be read."""
    words = check.columns or set(re.findall(r"\w+", check.text))
    columns = [name for name in table.columns if name in words]
    return MakeError(
        f"the server refused what was drawn for {table.name}: {refusal.message}",
        detail=listed([check]),
        cause=f"the condition cannot be read: {check.reason}",
        hint=give(table.name, columns),
    )


def not_returned(table: Table) -> MakeError:
    """Return the error for a row that was not inserted, without a word."""
    return MakeError(
        f"the row for {table.name} was not inserted, and nothing was refused",
        cause="a BEFORE trigger returned NULL, or a rule put something else in its place",
        hint="insert with execute(), where the trigger puts the row",
    )


def cycle(tables: Iterable[str], column: str) -> MakeError:
    """Return the error for tables that need each other's rows first."""
    path = list(tables)
    return MakeError(
        f"{' -> '.join(path)}: each needs a row of the next one first",
        cause=f"{path[-2]}.{column} is a reference that cannot be NULL, and {path[-1]} has no row",
        hint=f"{give(path[-2], [column])}, or insert one row of {path[-1]} with execute()",
    )
