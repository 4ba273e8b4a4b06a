"""Laying out text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
import time

WIDTH = 80


def width() -> int:
    """Return the width to wrap at: the terminal's where it is narrower than usual."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)


def indented(text: str, spaces: int, hanging: int = 0) -> str:
    """Return `text` indented, its long lines wrapped; paths and URLs stay whole.

    Args:
        text: One or more lines.
        spaces: How far.
        hanging: How much further the rest of a wrapped line.

    Example:
        >>> print(indented("what is left out", 4))
            what is left out
    """
    return "\n".join(wrapped(line, spaces, hanging) for line in text.splitlines())


def wrapped(line: str, spaces: int, hanging: int = 0) -> str:
    """Return one line as a paragraph that keeps the line's own indentation."""
    margin = " " * (spaces + len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.strip(),
        width(),
        initial_indent=margin,
        subsequent_indent=margin + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def age(moment: float) -> str:
    """Return how long ago something was.

    Args:
        moment: When, in seconds since the epoch.

    Example:
        >>> age(time.time() - 190)
        '3 min'
    """
    return length(max(0.0, time.time() - moment))


def length(seconds: float) -> str:
    """Return a length of time in its largest whole unit.

    Example:
        >>> length(42.9), length(7200), length(200000)
        ('42 s', '2 h', '2 days')
    """
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def clock(moment: float) -> str:
    """Return a moment of today as the time of day, any other one with its date."""
    today = time.strftime("%Y-%m-%d") == time.strftime("%Y-%m-%d", time.localtime(moment))
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", time.localtime(moment))
