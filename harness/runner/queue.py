"""What is still to be done in a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from harness.runner.plan import Work


class Queue:
    """Work that nobody does yet, in the order of the plan."""

    def __init__(self) -> None:
        self._works: deque[Work] = deque()

    def __len__(self) -> int:
        return len(self._works)

    def add(self, works: Iterable[Work]) -> None:
        """Add work, after all that there is."""
        self._works.extend(works)

    def put_back(self, works: Iterable[Work]) -> None:
        """Add work that was taken and not done, before all that there is."""
        self._works.extendleft(reversed(list(works)))

    def next(self, worker: int = 0) -> Work | None:
        """Take what a worker is to do next; None if there is nothing, or nothing now."""
        return self._works.popleft() if self._works else None

    def seconds(self, work: Work, pace: float) -> float:
        """Return how long some work takes, as far as that is known.

        Args:
            work: The work.
            pace: How long a test has taken so far, in seconds on average.
        """
        return len(work.tests) * pace

    def done(self, work: Work) -> None:
        """Take note that work was done, or is taken from who was to do it."""

    def left(self, worker: int) -> None:
        """Take note that a worker has ended."""
