"""Putting runs into a history: those of another file, or one that was read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.report.history.facts import Facts
from harness.report.history.file import History
from harness.report.history.reader import discovered, ledger_of, runs
from harness.report.history.writer import write
from harness.runner.ledger import Ledger


def add(history: History, facts: Facts, ledger: Ledger, names: Sequence[str] = ()) -> bool:
    """Write a run into a history unless it is there; return whether it was written.

    Args:
        history: Where to.
        facts: What is known of the run.
        ledger: The account of it.
        names: The tests that all its shards were to run, if they are to be kept.

    Raises:
        HistoryError: It cannot be written, and is as it was.
    """
    if history.rows("select 1 from run where uuid = ?", facts.uuid):
        return False
    with history.change() as connection:
        write(connection, facts, ledger, names)
    return True


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
