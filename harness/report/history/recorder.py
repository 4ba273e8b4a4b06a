"""Recording a run as it goes: a run that is killed leaves what it had reported."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.core import realtime as time
from harness.core.printing import say
from harness.errors import HistoryError
from harness.report.history.facts import Facts
from harness.report.history.file import PATIENCE, History
from harness.report.history.writer import Writer, begun
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome
from harness.runner.listeners import Deaf

PAUSE = 1.0  # seconds after which a write that has failed is tried once more
MOMENT = 0.2  # seconds to wait for another run that is writing, while tests run


class Recorder(Deaf):
    """Listens to a run, and writes into a history what becomes of its tests.

    What is heard is written at each `look`, in one transaction. Where that fails it is kept, and
    tried again later; a history that cannot be written loses no result of the run.

    Args:
        path: The history.
        gather: Returns what is known of the run; called when the workers are busy.
    """

    def __init__(self, path: Path, gather: Callable[[], Facts]) -> None:
        self.path = path
        self._gather = gather
        self._began, self._start = time.time(), time.monotonic()
        self._facts: Facts | None = None
        self._ledger: Ledger | None = None
        self._history: History | None = None
        self._writer: Writer | None = None
        self._failed = False  # the last time, so the writer knows what is not there
        self._attempts: list[tuple[Entry, Attempt]] = []
        self._said: list[tuple[str, Outcome]] = []
        self._not_before = 0.0
        close_before_forks(self)

    def began(self, ledger: Ledger, workers: int) -> None:
        """Take note of which tests there are."""
        self._ledger = ledger

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Take note of what became of a test."""
        self._attempts.append((entry, attempt))

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Take note of what was said of a fixture."""
        self._said.append((unit, outcome))

    def look(self) -> None:
        """Write what was heard since the last time."""
        news = self._attempts or self._said or (self._ledger is not None and self._writer is None)
        if news and time.monotonic() >= self._not_before:
            try:
                self._write(MOMENT)
            except HistoryError:
                self._not_before = time.monotonic() + PAUSE

    def ended(self, ledger: Ledger, exit_code: int) -> None:
        """Write the rest, and how the run has ended; say so where that cannot be done."""
        seconds = time.monotonic() - self._start  # the time of day may be set back meanwhile
        try:
            self._facts = replace(self._known(), seconds=seconds, exit_code=exit_code)
            self._write(PATIENCE, ledger)
        except HistoryError as error:
            say(f"{error.line}: the run is not in it, or not all of it; {error.hint}")
        finally:
            self.close()

    def close(self) -> None:
        """Close the file, until there is something to write."""
        if self._history is not None:
            self._history.close()
            self._history = None

    def _known(self) -> Facts:
        if self._facts is None:
            self._facts = replace(self._gather(), began=self._began)
        return self._facts

    def _write(self, patience: float, ending: Ledger | None = None) -> None:
        """Write what was heard, and at the end of the run that it has ended, in one transaction."""
        facts = self._known()  # first: git may take its time, and others would wait for the file
        if self._history is None:
            self._history = History(self.path, write=True, patience=patience)
        self._history.wait(patience)
        writer = self._writer and Writer(self._writer.run) if self._failed else self._writer
        self._failed = True
        with self._history.change() as connection:
            writer = writer or self._begin(connection, facts)
            writer.attempts(connection, self._attempts)
            for unit, outcome in self._said:
                writer.said(connection, unit, outcome)
            if ending is not None:
                writer.ended(connection, ending, facts)
        self._writer, self._failed = writer, False
        self._attempts, self._said = [], []

    def _begin(self, connection: sqlite3.Connection, facts: Facts) -> Writer:
        writer = begun(connection, replace(facts, seconds=None, exit_code=None))
        if self._ledger is not None:
            names = self._ledger.chosen
            keep = facts.shard is not None
            writer.found(connection, names, self._ledger.shares, keep=keep)
        return writer


def close_before_forks(recorder: Recorder) -> None:
    """Have no process be forked that holds a history open: SQLite forbids it.

    https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_file_across_a_fork_
    """
    found = weakref.ref(recorder)

    def close() -> None:
        there = found()
        if there is not None:
            there.close()

    os.register_at_fork(before=close)
