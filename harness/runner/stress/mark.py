"""Where a process is in a trial, and whether it should go on: memory of it and the coordinator."""

from __future__ import annotations

import mmap
import struct

PLACE = struct.Struct("<q")


class Mark:
    """Two numbers that outlive the process that writes one of them."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 2 * PLACE.size)

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
