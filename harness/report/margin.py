"""The last line of a terminal, kept free of all that is printed above it.

A line that is wiped off before each print and drawn again after it can only live with what is
printed by who draws it. Tests print too, by ways that nobody can see: C, other processes. So the
terminal is told to scroll all lines but the last, as it can since the VT100: what is printed
there, by anybody, is left as it is.
"""

from __future__ import annotations

import os
from typing import TextIO

SMALLEST = (20, 4)  # columns and rows that are needed
SAVE, RESTORE = "\x1b7", "\x1b8"  # where the cursor is, and in which colour it writes
PLAIN, WIPE, DOWN, UP = "\x1b[0m", "\x1b[2K", "\x1bD", "\x1b[A"
EVERYTHING = "\x1b[r"


class Margin:
    """A line at the bottom of a terminal.

    Args:
        stream: A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._size: os.terminal_size | None = None  # of the terminal when it was drawn last
        self._text = ""

    def columns(self) -> int:
        """Return how many cells the line has; the last one would have some terminals scroll."""
        return size_of(self._stream).columns - 1

    def fits(self) -> bool:
        """Whether the terminal is large enough."""
        size = size_of(self._stream)
        return size.columns >= SMALLEST[0] and size.lines >= SMALLEST[1]

    def show(self, text: str) -> None:
        """Show a text that fits, instead of what was there.

        Raises:
            OSError: The terminal is gone.
        """
        size = size_of(self._stream)
        if (text, size) == (self._text, self._size):
            return
        room = "" if size == self._size else self._make_room()
        region = f"\x1b[1;{size.lines - 1}r"  # each time: a test may have reset the terminal
        line = f"{at(size.lines)}{PLAIN}{WIPE}{text}{PLAIN}"
        self._write(f"{room}{SAVE}{region}{line}{RESTORE}")
        self._text, self._size = text, size

    def _make_room(self) -> str:
        """Return what moves the cursor off the last line, where it may be."""
        return f"{self._give_back()}{DOWN}{UP}"

    def _give_back(self) -> str:
        wipe = "" if self._size is None else f"{at(self._size.lines)}{PLAIN}{WIPE}"
        return f"{SAVE}{EVERYTHING}{wipe}{RESTORE}"

    def close(self) -> None:
        """Give the line back to the terminal."""
        if self._size is not None:
            self._write(self._give_back())
            self._size = None

    def _write(self, text: str) -> None:
        self._stream.write(text)  # at once: what others print comes before it, or after
        self._stream.flush()


def at(row: int) -> str:
    """Return what moves the cursor to the begin of a row."""
    return f"\x1b[{row};1H"


def size_of(stream: TextIO) -> os.terminal_size:
    """Return how large a terminal is now.

    Raises:
        OSError: It is none, or is gone.
    """
    return os.get_terminal_size(stream.fileno())
