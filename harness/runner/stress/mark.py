"""Where a process is in a trial, and whether it should go on: memory of it and the coordinator."""

from __future__ import annotations

import mmap
import struct

PLACE = struct.Struct("<q")


class Mark:
    """Numbers that outlive the process that writes them."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 3 * PLACE.size)

    def clear(self) -> None:
        """Begin with a trial."""
        self.begun, self.stopped, self.done = 0, False, False

    @property
    def begun(self) -> int:
        """How many runs were begun."""
        return int(PLACE.unpack_from(self._memory, 0)[0])

    @begun.setter
    def begun(self, count: int) -> None:
        PLACE.pack_into(self._memory, 0, count)

    @property
    def stopped(self) -> bool:
        """Whether no more runs are to be begun."""
        return bool(PLACE.unpack_from(self._memory, PLACE.size)[0])

    @stopped.setter
    def stopped(self, value: bool) -> None:
        PLACE.pack_into(self._memory, PLACE.size, value)

    @property
    def done(self) -> bool:
        """Whether the process has come to the end of the trial: a test may have ended it before."""
        return bool(PLACE.unpack_from(self._memory, 2 * PLACE.size)[0])

    @done.setter
    def done(self, value: bool) -> None:
        PLACE.pack_into(self._memory, 2 * PLACE.size, value)
