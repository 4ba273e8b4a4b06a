"""What a worker writes down for the coordinator: memory of both, which outlives the worker.

A message for each step of each test would take longer than most tests. What is written here is
there at once, whatever becomes of its writer, and is read when somebody comes round to it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable

SIZE = 1 << 22  # bytes
HEAD = 24  # bytes: how many were written, and how many were read, since the beginning; an answer
WRITTEN, READ, HALTED = 0, 1, 2


class Slate:
    """Bytes from one process to another, without a system call.

    There is one writer and one reader.

    Args:
        size: How much of it may be unread, in bytes.
        file: Descriptor of the file that it is, of `HEAD` bytes more; memory alone if -1.
    """

    def __init__(self, size: int = SIZE, file: int = -1) -> None:
        self._memory = mmap.mmap(file, HEAD + size)
        # An item is set, and got, at once; `pack_into` would show zeros for a moment.
        self._counts = memoryview(self._memory)[:HEAD].cast("Q")
        self._size = size
        self._written = self._read = 0
        self._at = HEAD  # where the next byte is to be
        self._room = HEAD + size  # up to where there is room, as far as its writer knows

    def write(self, data: bytes, wait: Callable[[], object]) -> None:
        """Write bytes.

        Args:
            data: The bytes.
            wait: Called while there is no room; returns when the reader has read.
        """
        end = self._at + len(data)
        if end <= self._room:
            self._memory[self._at : end] = data
            self._at = end
            self._written += len(data)
            self._counts[WRITTEN] = self._written  # last: what is counted is there
        else:
            self._press(data, wait)

    def _press(self, data: bytes, wait: Callable[[], object]) -> None:
        """Write bytes for which there may not be room at once, or not up to the end."""
        while data:
            free = self._free()
            if not free:
                wait()
                continue
            self.write(data[:free], wait)
            data = data[free:]

    def _free(self) -> int:
        """Find out how many bytes there is room for in one piece, and return that."""
        begin, unread = self._written % self._size, self._written - self._counts[READ]
        free = self._size - max(begin, unread)
        self._at, self._room = HEAD + begin, HEAD + begin + free
        return free

    def read(self) -> bytes:
        """Return what was written since the last time."""
        written = self._counts[WRITTEN]
        at, length = self._read % self._size, written - self._read
        if not length:
            return b""
        begin = HEAD + at
        data = self._memory[begin : begin + min(length, self._size - at)]
        data += self._memory[HEAD : HEAD + length - len(data)]
        self._read = written
        self._counts[READ] = written
        return data

    def halt(self) -> None:
        """Have its writer know that it is to begin with nothing more."""
        self._counts[HALTED] = 1

    @property
    def halted(self) -> bool:
        """Whether its reader wants nothing more to be begun."""
        return self._counts[HALTED] != 0

    def last(self) -> tuple[int, bytes]:
        """Return what it still holds, read or not, and how many bytes there were before that."""
        self._read = max(0, self._counts[WRITTEN] - self._size)
        return self._read, self.read()

    def close(self) -> None:
        """Give the memory back."""
        self._counts.release()
        self._memory.close()
