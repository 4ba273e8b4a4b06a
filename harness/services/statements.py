"""Noting the statements that the code under test sends through a lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.faults.failing.trigger import Triggers


class Recording:
    """What was sent while it was recorded.

    Attributes:
        statements: Their texts, in the order in which they were sent.
        url_given: Whether the lease's URL was read, so that others may have sent some, unseen.
    """

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.url_given = False


class Statements:
    """Where the connections of one lease tell what the code under test sends.

    Attributes:
        url_given: Whether the lease's URL was read by anybody who is not recorded.
        failing: What is to fail of it.
    """

    def __init__(self) -> None:
        self.url_given = False
        self.failing = Triggers()
        self._recordings: list[Recording] = []

    def note(self, sql: str, times: int = 1) -> None:
        """Note a statement that is about to be sent.

        Args:
            sql: Its text.
            times: How often it is sent, with other values each time.
        """
        for recording in self._recordings:
            recording.statements += [sql] * times

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Record until the end of the block."""
        recording = Recording()
        self._recordings.append(recording)
        try:
            yield recording
        finally:
            self._recordings.remove(recording)
            recording.url_given = self.url_given
