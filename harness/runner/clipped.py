"""Texts that may be of any length: their head and their tail are kept."""

from __future__ import annotations

LONGEST = 1 << 16  # characters of a traceback, and of what a test printed, that are told on


def clipped(text: str, longest: int = LONGEST) -> str:
    """Return a text, or its head and its tail with a line between them that says what is left out.

    Args:
        text: Any text.
        longest: How many characters of it are kept.

    Example:
        >>> print(clipped("a" * 10 + "z" * 10, 8))
        aa
        [... 12 characters left out ...]
        zzzzzz
    """
    if len(text) <= longest:
        return text
    head = longest // 4  # the end of a text says more than its begin
    return joined(text[:head], len(text) - longest, text[head - longest :])


def joined(head: str, lost: int, tail: str) -> str:
    """Return what is left of a text, with a line of its own that says how much is not."""
    before = "" if head.endswith("\n") else "\n"
    return f"{head}{before}[... {lost} characters left out ...]\n{tail}"
