"""What a process has written down and said, on its way from a Dask worker to the coordinator.

It goes as events of Dask's: they have left the machine before it can be lost, unlike the results
of tasks, which stay there until somebody fetches them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.core import realtime as time
from harness.core.registry.processes import start_time
from harness.runner.channel import Message

PAUSE = 0.05  # seconds between two events with nothing but what was written down
LONGEST = 1 << 18  # bytes of one event
TOPICS = 8  # in all: the scheduler keeps the last thousand events of a topic for ever

Log = Callable[[str, Any], None]


def topic_of(run: str) -> str:
    """Return the topic of a run, which it may have to share with others.

    Example:
        >>> topic_of("0a1b")
        'harness-3'
    """
    return f"harness-{int(run, 16) % TOPICS}"


class Relay:
    """Tells the coordinator of one process.

    Args:
        log: Logs an event under a topic.
        run: Which run it is of.
        number: Number of the worker.
    """

    def __init__(self, log: Log, run: str, number: int) -> None:
        self._log = log
        self._run = run
        self._number = number
        self._data = b""
        self._at = 0
        self._sent = 0.0

    def began(self, kept: str, pid: int) -> None:
        """Tell which process it is, and where it writes."""
        self._tell(kept=(kept, pid, start_time(pid)))

    def written(self, data: bytes) -> None:
        """Take what it has written down; it is sent at once, if nothing was sent just before."""
        self._data += data
        if self._data and time.monotonic() - self._sent >= PAUSE:
            self._flush()

    def said(self, messages: list[Message]) -> None:
        """Tell what it has said, after all that it had written down before."""
        self._flush()
        self._tell(said=messages)

    def ended(self, how: str, stacks: str = "") -> None:
        """Tell that it has ended, and how; empty if in order.

        Args:
            how: How.
            stacks: The stacks of its threads, where it took too long.
        """
        self._flush()
        self._tell(end=how, stacks=stacks)

    def _flush(self) -> None:
        while self._data:
            piece, self._data = self._data[:LONGEST], self._data[LONGEST:]
            self._tell(at=self._at, data=piece)
            self._at += len(piece)
        self._sent = time.monotonic()

    def resume(self, at: int) -> None:
        """Go on from another place: what is written next stands there."""
        self._at = at

    def _tell(self, **what: Any) -> None:
        self._log(topic_of(self._run), {"run": self._run, "number": self._number, **what})
