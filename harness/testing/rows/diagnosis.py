"""Saying which table or column an assertion misnamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.core.nearest import did_you_mean
from harness.errors import HarnessError
from harness.testing.rows.table import Table

__unittest = True  # frames of this module are left out of a failure's traceback


@contextmanager
def diagnosing(
    table: Table[Any], names: Iterable[str], failure: Callable[[str], BaseException]
) -> Iterator[None]:
    """Look, where a query fails, whether it named a table or column that does not exist.

    The server is asked only then: an assertion that holds costs one query.

    Args:
        table: What is asked.
        names: The columns that the assertion names.
        failure: Makes the exception to raise, from its message.

    Raises:
        AssertionError: The table or a column does not exist.
    """
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        misnamed = explained(table, names, error)
        if misnamed:
            raise failure(misnamed) from None
        raise


def explained(table: Table[Any], names: Iterable[str], error: Exception) -> str:
    """Return what does not exist; empty where that is not why a query failed."""
    try:
        if not table.db.exists(table.name):
            return unknown_table(table)
        return unknown_columns(table, table.columns, names)
    except Exception as another:  # for example, the query ended the transaction it was a part of
        error.add_note(f"harness: the names were not looked up: {type(another).__name__}")
        return ""


def check_columns(
    table: Table[Any],
    known: Iterable[str],
    names: Iterable[str],
    failure: Callable[[str], BaseException],
) -> None:
    """Do nothing where a table has all columns that an assertion names.

    Raises:
        AssertionError: It has not.
    """
    misnamed = unknown_columns(table, known, names)
    if misnamed:
        raise failure(misnamed)


def unknown_table(table: Table[Any]) -> str:
    """Say that there is no such table, and which is meant."""
    names = table.db.table_names()
    if not names:
        return f"there is no table {table.name}; the database has none"
    return f"there is no table {table.name}\n  next: {did_you_mean(table.name, names)}"


def unknown_columns(table: Table[Any], known: Iterable[str], names: Iterable[str]) -> str:
    """Say which columns a table lacks, and which are meant; empty where it has all."""
    there = list(known)
    missing = [name for name in names if name not in there]
    if not missing:
        return ""
    hints = dict.fromkeys(did_you_mean(name, there) for name in missing)
    return f"{table.name} has no column {', '.join(missing)}\n  next: {'; '.join(hints)}"
