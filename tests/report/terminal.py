"""A terminal of a given size that nobody sits at: what it shows can be read."""

import contextlib
import fcntl
import os
import select
import struct
import termios
from unittest import mock

import pyte

# What is written to a terminal arrives a little later at its other end, but in order: what was
# written before a mark is there when the mark is.
MARK = b"\0mark\0"

# What the environment says of a terminal that somebody sits at, wherever the tests run.
ENVIRON = {
    **dict.fromkeys(("CI", "GITHUB_ACTIONS", "GITLAB_CI", "NO_COLOR", "FORCE_COLOR"), ""),
    "TERM": "xterm-256color",
}


class Terminal:
    """A pseudo terminal, and the screen that an emulator makes of what is written to it."""

    def __init__(self, columns, lines):
        self._master, self.slave = os.openpty()
        self._screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._taken = b""
        self.resize(columns, lines)

    def resize(self, columns, lines):
        """Give it another size."""
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)
        if (lines, columns) != (self._screen.lines, self._screen.columns):
            self._screen.resize(lines, columns)

    def open(self):
        """Return a stream to it, as a program has it."""
        return open(os.dup(self.slave), "w", buffering=1)

    def read(self):
        """Take what was written by now."""
        self._take()  # so that there is room for the mark
        os.write(self.slave, MARK)
        while MARK not in self._taken:
            select.select([self._master], [], [])
            self._take()
        before, after = self._taken.split(MARK, 1)
        self._stream.feed(before)
        self._taken = after

    def _take(self):
        while select.select([self._master], [], [], 0)[0]:
            self._taken += os.read(self._master, 1 << 16)

    def lines(self):
        """Return the lines that it shows."""
        self.read()
        return [line.rstrip() for line in self._screen.display]

    def printed(self):
        """Return all lines that were shown and not wiped, without empty ones."""
        gone = [self._text(row) for row in self._screen.history.top] if self.lines() else []
        return [line for line in [*gone, *self.lines()] if line]

    def _text(self, row):
        return "".join(row[column].data for column in range(self._screen.columns)).rstrip()

    def hang_up(self):
        """Close the window in which it is."""
        if self._master >= 0:
            os.close(self._master)
        self._master = -1

    def close(self):
        """Close both ends."""
        self.hang_up()
        os.close(self.slave)


@contextlib.contextmanager
def terminal(columns=60, lines=10):
    """Yield a terminal, and have the environment tell of it."""
    made = Terminal(columns, lines)
    try:
        with mock.patch.dict(os.environ, ENVIRON):
            yield made
    finally:
        made.close()
