"""Several who are told what happens in a run, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.runner.ledger import Attempt, Entry, Ledger, Outcome

if TYPE_CHECKING:
    from harness.runner.clerk import Listener


class Listeners:
    """Tells each of them, in this order.

    Args:
        listeners: Who is told.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def began(self, ledger: Ledger, workers: int) -> None:
        """Tell that the tests are known, and will be run."""
        for listener in self._listeners:
            listener.began(ledger, workers)

    def entered(self, worker: int, unit: str) -> None:
        """Tell that a worker begins with a unit."""
        for listener in self._listeners:
            listener.entered(worker, unit)

    def started(self, entry: Entry, attempt: Attempt) -> None:
        """Tell that a test has begun."""
        for listener in self._listeners:
            listener.started(entry, attempt)

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Tell what became of a test this time."""
        for listener in self._listeners:
            listener.finished(entry, attempt)

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Tell what was said of a fixture."""
        for listener in self._listeners:
            listener.fixture(unit, outcome)

    def note(self, text: str) -> None:
        """Pass on a line for people."""
        for listener in self._listeners:
            listener.note(text)

    def left(self, worker: int) -> None:
        """Tell that a worker is done with a unit."""
        for listener in self._listeners:
            listener.left(worker)

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Tell that a worker has died."""
        for listener in self._listeners:
            listener.lost(worker, how, test)

    def look(self) -> None:
        """Tell that time has gone by."""
        for listener in self._listeners:
            listener.look()


class Deaf:
    """Takes note of nothing: for those who want to be told of little."""

    def began(self, ledger: Ledger, workers: int) -> None:
        """Do nothing."""

    def entered(self, worker: int, unit: str) -> None:
        """Do nothing."""

    def started(self, entry: Entry, attempt: Attempt) -> None:
        """Do nothing."""

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Do nothing."""

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def left(self, worker: int) -> None:
        """Do nothing."""

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Do nothing."""

    def look(self) -> None:
        """Do nothing."""
