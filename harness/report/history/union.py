"""Putting runs into a history: those of another file, or one that was read elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from harness.report.history.facts import Facts
from harness.report.history.file import History
from harness.report.history.pruning import remove
from harness.report.history.reader import discovered, ledger_of, runs
from harness.report.history.writer import write
from harness.runner.ledger import Ledger


def add(history: History, facts: Facts, ledger: Ledger, names: Sequence[str] = ()) -> bool:
    """Write a run into a history unless it is there; return whether it was written.

    One that had not ended when it was written is written anew, where more is known of it now.

    Args:
        history: Where to.
        facts: What is known of the run.
        ledger: The account of it.
        names: The tests that all its shards were to run, if they are to be kept.

    Raises:
        HistoryError: It cannot be written, and is as it was.
    """
    with history.change() as connection:
        there = connection.execute("select id, seconds from run where uuid = ?", (facts.uuid,))
        for run, seconds in there.fetchall():
            if seconds is not None or not (facts.ended or tells_more(connection, run, ledger)):
                return False
            remove(connection, [(run,)])
        write(connection, facts, ledger, names)
    return True


def tells_more(connection: sqlite3.Connection, run: int, ledger: Ledger) -> bool:
    """Tell whether an account holds more than what is there of the same run."""
    counted = connection.execute("select count(*) from attempt where run = ?", (run,))
    return sum(len(entry.attempts) for entry in ledger.numbered) > int(counted.fetchone()[0])


def add_all(history: History, path: Path) -> int:
    """Write the runs of another file into a history; return how many were not there.

    Raises:
        HistoryError: One of the two files cannot be used.
    """
    with History(path) as other:
        return sum(
            add(history, run.facts, ledger_of(other, run.id), discovered(other, run.id))
            for run in runs(other)
        )
