"""The bytes of a database file, and putting them back where a test has written others."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PIECE = 4096  # bytes that are written at once
STEPS = (64 * PIECE, 8 * PIECE, PIECE)  # bytes that are compared at once
LONG_AGO = (10**9, 10**9)  # when an untouched file was written, in ns: no clock says that again

# Of the header (https://www.sqlite.org/fileformat2.html#database_header): the numbers by which
# connections see that what they know of the file, or of its structure, is out of date.
HEADER = 100
CHANGES, STRUCTURE, VALID_FOR = 24, 40, 92
FAR = 1000  # more changes of the structure than a test makes
NUMBER = struct.Struct(">I")

same = ctypes.CDLL(None).memcmp  # 0 if they are; copies nothing, and lets other threads go on
same.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]


class Mapped:
    """A file in memory.

    Args:
        number: Of the open file.
        access: What writing into the memory would do, in `mmap`'s words.
        length: How much of the file; it must not get shorter than that.
    """

    def __init__(self, number: int, access: int, length: int) -> None:
        self.bytes = mmap.mmap(number, length, access=access)
        self._first = ctypes.c_char.from_buffer(self.bytes)
        self.address = ctypes.addressof(self._first)

    def __len__(self) -> int:
        return len(self.bytes)

    def close(self) -> None:
        """Let go of it."""
        del self._first
        self.bytes.close()


@dataclass(frozen=True)
class Settled:
    """By what an untouched file is known.

    Attributes:
        marks: What any write changes: the file itself, when it was written, its length.
        structure: Number of its structure.
    """

    marks: tuple[int, int, int]
    structure: int


def marks(path: Path | int) -> tuple[int, int, int]:
    """Return what any write to a file changes.

    Raises:
        OSError: It is not there.
    """
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns, status.st_size


class WorkFile:
    """A database file beside the connections to it.

    It is kept open as long as they are, and so is each mapping of it, which opens it once more:
    closing it ends all locks that the process has on it.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b", buffering=0)
        self._number = self._file.fileno()
        self._mapped: list[Mapped] = []  # each longer than the one before

    @property
    def handles(self) -> int:
        """How often this has the file open."""
        return 1 + len(self._mapped)

    def settle(self) -> Settled:
        """Note that it is untouched from now on."""
        os.utime(self._number, ns=LONG_AGO)
        return Settled(marks(self._number), number(self._header(), STRUCTURE))

    def _header(self) -> bytes:
        header = os.pread(self._number, HEADER, 0)
        if len(header) < HEADER:
            raise EOFError(f"{self._file.name} is no database any more")
        return header

    def put_back(self, original: Mapped, settled: Settled) -> None:
        """Make it equal to another file, but for what says that it has changed.

        Args:
            original: The other file.
            settled: As it was before somebody wrote.

        Raises:
            EOFError: There is almost nothing in it.
        """
        header = later(original.bytes[:HEADER], self._header(), settled.structure)
        os.truncate(self._number, len(original))
        for start, end in differing(original, self._in_memory(len(original))):
            os.pwrite(self._number, original.bytes[start:end], start)
        os.pwrite(self._number, header, 0)

    def _in_memory(self, length: int) -> Mapped:
        """Return the file in memory, which is kept: to get it takes longer than to compare it."""
        if not self._mapped or len(self._mapped[-1]) < length:
            self._mapped.append(Mapped(self._number, mmap.ACCESS_WRITE, length))
        return self._mapped[-1]

    def close(self) -> None:
        """Close it."""
        for mapped in self._mapped:
            mapped.close()
        self._file.close()


def differing(one: Mapped, other: Mapped) -> Iterator[tuple[int, int]]:
    """Yield where each piece of the first begins and ends that is not the same in the other."""
    return unequal(one, other, 0, len(one), STEPS)


def unequal(
    one: Mapped, other: Mapped, start: int, end: int, sizes: tuple[int, ...]
) -> Iterator[tuple[int, int]]:
    """Yield the pieces between two places that are not the same; of large ones their pieces."""
    for at in range(start, end, sizes[0]):
        after = min(at + sizes[0], end)
        if same(one.address + at, other.address + at, after - at) == 0:
            continue
        if len(sizes) == 1:
            yield at, after
        else:
            yield from unequal(one, other, at, after, sizes[1:])


def later(original: bytes, header: bytes, structure: int) -> bytes:
    """Return a header whose numbers come after those that connections may have seen.

    Args:
        original: What it is to say otherwise.
        header: The one that is there.
        structure: Number of the structure, if nobody has changed that.
    """
    made = bytearray(original)
    changes = number(header, CHANGES) + 1
    found = number(header, STRUCTURE)
    found = structure if found == structure else unseen(found, structure)
    NUMBER.pack_into(made, CHANGES, changes & 0xFFFFFFFF)
    NUMBER.pack_into(made, VALID_FOR, changes & 0xFFFFFFFF)
    NUMBER.pack_into(made, STRUCTURE, found & 0xFFFFFFFF)
    return bytes(made)


def unseen(found: int, settled: int) -> int:
    """Return a number for the structure that no connection can know.

    Args:
        found: The one that is there.
        settled: The one that was there before. A lower one was set by hand, after others perhaps.
    """
    return found + 1 if found > settled else settled + FAR


def number(header: bytes, at: int) -> int:
    """Return a number of a header."""
    return int(NUMBER.unpack_from(header, at)[0])
