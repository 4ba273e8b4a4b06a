"""Drawing texts."""

from __future__ import annotations

import random
import string

from harness.data.checks.limits import Limits
from harness.data.schema.model import Type
from harness.data.values.regex import write
from harness.data.values.shapes import NotDrawableError

USUAL, DISTINCT = 8, 12  # characters
FIXED = ("bpchar",)  # blanks fill what is shorter
TEXTS = ("text", "varchar", "bpchar", "citext", "name")


def draw_text(kind: Type, limits: Limits, rng: random.Random, *, unique: bool = False) -> str:
    """Draw a text: small letters, unless the limits say otherwise.

    Raises:
        NotDrawableError: The limits leave none.
        UnreadableError: They hold a pattern that is not simple.
    """
    if limits.patterns:
        text = write(limits.patterns[0], rng)
        text += letters(rng, max(0, limits.shortest - len(text)))
        return cased(text, limits.case)
    shortest, longest = lengths(kind, limits)
    if shortest > longest:
        raise NotDrawableError
    length = min(max(DISTINCT if unique else USUAL, shortest), longest)
    return cased(letters(rng, length), limits.case)


def lengths(kind: Type, limits: Limits) -> tuple[int, int]:
    """Return the least and the greatest length."""
    most = [length for length in (kind.length, limits.longest) if length is not None]
    longest = min(most) if most else 10**6
    least = longest if kind.name in FIXED else min(1, longest)
    return max(least, limits.shortest), longest


def letters(rng: random.Random, count: int) -> str:
    """Draw small letters."""
    return "".join(rng.choices(string.ascii_lowercase, k=count))


def cased(text: str, case: str) -> str:
    """Return a text in the case that is asked for."""
    return text.upper() if case == "upper" else text.lower() if case == "lower" else text
