"""Naming the known word that a mistyped one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word most like `word`, or None when none is alike.

    Example:
        >>> nearest("provider", ["providers", "require"])
        'providers'
    """
    import difflib  # only once there is a mistake

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say the nearest known word, or list them all: the hint of an error.

    Example:
        >>> did_you_mean("dokcer", ["docker", "embedded"])
        'did you mean docker?'
    """
    words = sorted(known)
    near = nearest(word, words)
    return f"did you mean {near}?" if near else f"known are: {', '.join(words)}"
