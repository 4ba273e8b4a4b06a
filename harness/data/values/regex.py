"""Writing a text that a regular expression matches."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from harness.data.checks.nodes import UnreadableError

VISIBLE = string.ascii_letters + string.digits
SETS = {"d": string.digits, "w": string.ascii_lowercase + string.digits + "_", "s": " "}
WHOLE = string.ascii_letters + string.digits + string.punctuation + " "
EDGES = "AZbB"
MORE = 4  # how often at most `*` and `+` repeat beyond the least


def write(pattern: str, rng: random.Random) -> str:
    r"""Write a text that matches, as far as simple patterns go.

    Args:
        pattern: A regular expression as Python's `re` reads it.
        rng: Draws what the pattern leaves open.

    Raises:
        UnreadableError: It has something that is not known here: look-around, references, ...

    Example:
        >>> write(r"^[A-C]{2}\d$", random.Random(1))
        'BA7'
    """
    writer = Writer(pattern.removeprefix("(?i)"), rng)
    text = writer.alternatives()
    if not writer.done:
        raise UnreadableError(f"the pattern {pattern!r}")
    return text


class Writer:
    """Reads a pattern once, and writes a text as it goes."""

    def __init__(self, pattern: str, rng: random.Random) -> None:
        self._pattern = pattern
        self._rng = rng
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether the pattern is at its end."""
        return self._at >= len(self._pattern)

    @property
    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        if self.done:
            raise UnreadableError(f"the pattern {self._pattern!r}")
        self._at += 1
        return self._pattern[self._at - 1]

    def alternatives(self) -> str:
        """Write one of the texts that `|` parts."""
        texts = [self._sequence()]
        while self._next == "|":
            self._take()
            texts.append(self._sequence())
        return self._rng.choice(texts)

    def _sequence(self) -> str:
        text = ""
        while self._next not in ("", "|", ")"):
            text += self._repeated()
        return text

    def _repeated(self) -> str:
        start = self._at
        text = self._one()
        end = self._at
        times = self._times()
        if times is None:
            return text
        after, self._at = self._at, start
        text = ""
        for _ in range(times):  # each time anew: what repeats need not be the same
            self._at = start
            text += self._one()
        self._at = max(after, end)
        return text

    def _times(self) -> int | None:
        """Read how often the last part comes, and draw a number; None for once."""
        counts = {"*": (0, MORE), "+": (1, 1 + MORE), "?": (0, 1)}
        if self._next in counts and self._next:
            low, high = counts[self._take()]
        elif self._next == "{":
            low, high = self._braces()
        else:
            return None
        if self._next == "?":  # as little as possible: any number matches
            self._take()
        return self._rng.randint(low, high)

    def _braces(self) -> tuple[int, int]:
        self._take()
        text = ""
        while (character := self._take()) != "}":
            text += character
        low, comma, high = text.partition(",")
        least = int(low or 0)
        return least, (int(high) if high else least + MORE) if comma else least

    def _one(self) -> str:
        character = self._take()
        if character in "^$":
            return ""
        if character == ".":
            return self._rng.choice(VISIBLE)
        if character == "\\":
            return self._escaped()
        if character == "[":
            return self._rng.choice(self._class())
        if character == "(":
            return self._group()
        if character in "*+?{":
            raise UnreadableError(f"the pattern {self._pattern!r}")
        return character

    def _group(self) -> str:
        if self._next == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                raise UnreadableError(f"the pattern {self._pattern!r}")
            self._at += 2
        text = self.alternatives()
        self._take()
        return text

    def _escaped(self) -> str:
        character = self._take()
        if character in EDGES:
            return ""
        known = self._set(character)
        if known is None and character.isalnum():
            raise UnreadableError(f"the pattern {self._pattern!r}")
        return character if known is None else self._rng.choice(known)

    def _set(self, character: str) -> str | None:
        if character in SETS:
            return SETS[character]
        inverse = SETS.get(character.lower())
        return None if inverse is None else without(VISIBLE, inverse)

    def _class(self) -> Sequence[str]:
        negated = self._next == "^"
        if negated:
            self._take()
        members = ""
        while self._next != "]" or not members:
            members += self._member()
        self._take()
        allowed = without(VISIBLE, members) or without(WHOLE, members) if negated else members
        if not allowed:
            raise UnreadableError(f"the pattern {self._pattern!r}")
        return allowed

    def _member(self) -> str:
        character = self._take()
        if character == "\\":
            character = self._take()
            known = self._set(character)
            if known is not None:
                return known
            if character.isalnum():
                raise UnreadableError(f"the pattern {self._pattern!r}")
        if self._next == "-" and self._pattern[self._at + 1 : self._at + 2] not in ("]", ""):
            self._take()
            last = self._take()
            last = self._take() if last == "\\" else last
            return "".join(map(chr, range(ord(character), ord(last) + 1)))
        return character


def without(letters: str, left_out: str) -> str:
    """Return letters without some of them."""
    return "".join(letter for letter in letters if letter not in left_out)
