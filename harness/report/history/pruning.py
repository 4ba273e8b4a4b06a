"""Removing old runs from a history."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from harness.report.history.file import History

OF_RUNS = ("discovered", "attempt", "outcome", "fixture", "fixture_outcome")  # tables


def prune(history: History, keep: int) -> int:
    """Remove all runs but the last, and what is in none of these; return how many were removed.

    Args:
        history: The history, open for writing.
        keep: How many runs stay.

    Raises:
        HistoryError: It cannot be written, and is as it was.
    """
    query = "select id from run order by began desc, id desc"
    with history.change() as connection:
        old = connection.execute(query).fetchall()[keep:]
        remove(connection, old)
        connection.execute("delete from test where id not in (select test from attempt)")
        connection.execute(
            "delete from unit where id not in "
            "(select unit from attempt union select unit from fixture "
            "union select unit from fixture_outcome)"
        )
    return len(old)


def shrink(history: History) -> None:
    """Make the file smaller by the room that nothing takes any more.

    Raises:
        HistoryError: It cannot be written, as where the disk has no room for both; it is as it was.
    """
    if history.rows("pragma freelist_count")[0][0]:
        history.rows("vacuum")


def remove(connection: sqlite3.Connection, runs: Sequence[tuple[int]]) -> None:
    """Remove runs, by their numbers; the tests stay."""
    for table in OF_RUNS:
        connection.executemany(f"delete from {table} where run = ?", runs)
    connection.executemany("delete from run where id = ?", runs)
