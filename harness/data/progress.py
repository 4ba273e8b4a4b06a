"""How far a long load has come, said now and then."""

from __future__ import annotations

from collections.abc import Callable

from harness.core import realtime as time
from harness.core.printing import say

FIRST, EVERY = 3.0, 5.0  # seconds


class Progress:
    """Counts what was read of a file, and says so when that takes long.

    Args:
        name: Of the file.
        size: Its length, in bytes.
        tell: Returns how many of these were read.
        clock: Returns the time, in seconds.
        say: Prints a line.
    """

    def __init__(
        self,
        name: str,
        size: int,
        tell: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], object] = say,
    ) -> None:
        self._name, self._size, self._tell = name, size, tell
        self._clock, self._say = clock, say
        self._began = clock()
        self._due = self._began + FIRST
        self._rows = 0
        self._said = False

    def advance(self, rows: int) -> None:
        """Note that rows were read; say so when it is time."""
        self._rows += rows
        now = self._clock()
        if now >= self._due:
            self._due = now + EVERY
            self._said = True
            done = 100 * self._tell() // max(1, self._size)
            self._say(f"loading {self._name}: {self._rows:,} rows, {done} %, {self._seconds} s")

    def finish(self) -> None:
        """Say that all is loaded, if anything was said of it."""
        if self._said:
            self._say(f"loaded {self._name}: {self._rows:,} rows in {self._seconds} s")

    @property
    def _seconds(self) -> int:
        return round(self._clock() - self._began)
