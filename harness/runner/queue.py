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

    def next(self) -> Work | None:
        """Take what is to be done next; None if there is nothing, or nothing now."""
        return self._works.popleft() if self._works else None

    def done(self, work: Work) -> None:
        """Take note that work was done, or will not be."""
