"""Reading from a log why a service ended."""

from __future__ import annotations

from collections.abc import Iterable


def likely_cause(log: str, causes: Iterable[tuple[str, str]]) -> str | None:
    """Return the likely cause of an end, read from a log; None if it says nothing known.

    Args:
        log: What was printed.
        causes: Texts that a log may hold and what each most likely means; the first one counts.

    Example:
        >>> likely_cause("could not extend file: No space left", [("No space", "the disk is full")])
        'the disk is full'
    """
    return next((cause for text, cause in causes if text in log), None)
