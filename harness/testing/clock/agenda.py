"""All that is due on a fake clock, in order."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable

from harness.testing.clock.alarms import Alarm


class Agenda:
    """What is due, by its instant; of one instant, what was added first. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heap: list[tuple[int, int, Alarm]] = []
        self._added = 0

    def add(self, alarm: Alarm) -> None:
        """Put something on it."""
        with self._lock:
            self._added += 1
            heapq.heappush(self._heap, (alarm.due, self._added, alarm))

    def remove(self, alarm: Alarm) -> None:
        """Take something off; nothing happens where it is not on it."""
        with self._lock:
            self._heap = [entry for entry in self._heap if entry[2] is not alarm]
            heapq.heapify(self._heap)

    def take(self, until: int) -> Alarm | None:
        """Take off what is due next, up to an instant; return it, or None."""
        with self._lock:
            if self._heap and self._heap[0][0] <= until:
                return heapq.heappop(self._heap)[2]
            return None

    def has_sleeper(self, sleeper: object) -> bool:
        """Tell whether a thread or a task sleeps."""
        return any(alarm.sleeper is sleeper for alarm in self.sleepers())

    def sleepers(self) -> list[Alarm]:
        """Return who sleeps, in the order of waking."""
        return self._those(lambda alarm: alarm.sleeper is not None)

    def empty(self) -> list[Alarm]:
        """Take off everything; return it."""
        everything = self._those(lambda alarm: True)
        with self._lock:
            self._heap = []
        return everything

    def _those(self, wanted: Callable[[Alarm], bool]) -> list[Alarm]:
        with self._lock:
            return [entry[2] for entry in sorted(self._heap) if wanted(entry[2])]
