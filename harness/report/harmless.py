"""Texts of tests on a terminal: they may colour it, and nothing else."""

from __future__ import annotations

import re

COLOUR = r"\x1b\[[0-9;:]*m"
CONTROL = re.compile(rf"(?!{COLOUR})[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed
LINE_END = re.compile(r"\r+\n?")
PLAIN = "\x1b[0m"


def harmless(text: str) -> str:
    r"""Return a text without what would move the cursor of a terminal, or reset it.

    What it would do is written as in `\x1b`. A line that was written over, as progress bars do it,
    is a line of its own.

    Example:
        >>> harmless("\x1b[2Jone\rtwo")
        '\\x1b[2Jone\ntwo'
    """
    found = CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", LINE_END.sub("\n", text))
    return f"{found}{PLAIN}" if "\x1b" in found else found
