"""What a test prints, kept back until it is known whether anybody wants to read it."""

from __future__ import annotations

import io
import sys
from typing import Any

from harness.runner.clipped import joined

HEAD, TAIL = 1 << 18, 3 << 18  # characters that are kept of each stream, a million together


class Printed:
    """The standard streams of a worker, while it keeps back what is printed.

    It is a stream of text that stands in for them, as under `python -m unittest -b`: what is
    written to the descriptors 1 and 2 themselves is not kept back.
    """

    def __init__(self) -> None:
        self._before = sys.stdout, sys.stderr
        self._out, self._err = Kept(), Kept()

    def begin(self) -> None:
        """Keep back what is printed from now on."""
        sys.stdout, sys.stderr = self._out, self._err

    def end(self) -> None:
        """Forget what was printed, and let what follows through."""
        sys.stdout, sys.stderr = self._before
        self._out.clear()
        self._err.clear()

    def text(self) -> str:
        """Return what was printed since it began: first the output, then the errors."""
        out, err = self._out.getvalue(), self._err.getvalue()
        return f"{out}\n{err}" if err and out and not out.endswith("\n") else out + err


class Kept(io.StringIO):
    """A stream in memory that holds the head and the tail of what is written, however much it is.

    Nothing that a test does to it is of any harm to what it holds: it cannot be closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._head = ""
        self._lost = 0

    def write(self, text: str, /) -> int:
        """Write a text; return how long it is."""
        written = super().write(text)
        if self.tell() > HEAD + 2 * TAIL:
            self._shorten()
        return written

    def _shorten(self) -> None:
        text = super().getvalue()
        if not self._lost:
            self._head, text = text[:HEAD], text[HEAD:]
        self._lost += len(text) - TAIL
        self._begin_again()
        super().write(text[-TAIL:])

    def _begin_again(self) -> None:
        self.seek(0)
        self.truncate()

    def getvalue(self) -> str:
        """Return what is held, with a line that says how much is not."""
        text = super().getvalue()
        if not self._lost:
            return text
        more = max(0, len(text) - TAIL)
        return joined(self._head, self._lost + more, text[more:])

    def clear(self) -> None:
        """Forget all."""
        if self._lost or self.tell():
            self._head, self._lost = "", 0
            self._begin_again()

    @property
    def buffer(self) -> Any:
        """What takes bytes, as that of a real stream does."""
        return Bytes(self)

    def close(self) -> None:
        """Do nothing: who closes the standard output means no harm to the report."""


class Bytes(io.RawIOBase):
    """A stream of bytes that become text, whatever they are.

    Args:
        text: Where the text goes.
    """

    def __init__(self, text: Kept) -> None:
        super().__init__()
        self._text = text

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes; return how many there were."""
        data = bytes(data)
        self._text.write(data.decode(errors="backslashreplace"))
        return len(data)
