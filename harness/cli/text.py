"""Laying out text for a terminal."""

from __future__ import annotations

import textwrap

WIDTH = 80


def indented(text: str, spaces: int) -> str:
    """Return `text` indented, its long lines wrapped; paths and URLs stay whole.

    Example:
        >>> print(indented("what is left out", 4))
            what is left out
    """
    return "\n".join(wrapped(line, spaces) for line in text.splitlines())


def wrapped(line: str, spaces: int) -> str:
    """Return one line as a paragraph that keeps the line's own indentation."""
    margin = " " * (spaces + len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.strip(),
        WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
