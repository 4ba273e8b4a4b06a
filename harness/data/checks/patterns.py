"""Patterns of LIKE, GLOB and regular expressions, as Python writes them."""

from __future__ import annotations

import re

from harness.data.checks.nodes import UnreadableError

CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": r"\s", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "word": r"\w",
}  # fmt: skip
CLASS = re.compile(r"\[:(\w+):\]")
COLLATING = re.compile(r"\[\^?\]?[^]]*\[[.=]")  # [[.hyphen.]], [[=e=]]
ESCAPES = re.compile(r"\\(.)", re.DOTALL)
EDGES = {"m": r"\b", "M": r"\b", "y": r"\b", "Y": r"\B", "A": r"\A", "Z": r"\Z"}


def from_posix(pattern: str) -> str:
    r"""Return a regular expression of PostgreSQL as Python writes it.

    Raises:
        UnreadableError: It uses what Python has no word for.

    Example:
        >>> from_posix("^[[:upper:]]{2}$")
        '^[A-Z]{2}\\Z'
    """
    if pattern.startswith("***") or COLLATING.search(pattern):
        raise UnreadableError(f"the pattern {pattern!r}")
    found = CLASS.sub(lambda match: class_of(match[1]), pattern)
    found = ESCAPES.sub(lambda match: EDGES.get(match[1], match[0]), found)
    return re.sub(r"(?<!\\)\$(?=$|\)|\|)", r"\\Z", found)  # Python's `$` allows a newline after it


def class_of(name: str) -> str:
    """Return the characters of a named class."""
    if name not in CLASSES:
        raise UnreadableError(f"the character class {name}")
    return CLASSES[name]


def from_like(pattern: str) -> str:
    r"""Return a pattern of LIKE as a regular expression.

    Example:
        >>> from_like("a_%")
        '^a..*\\Z'
    """
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return f"^{''.join(map(like_part, parts))}\\Z"


def like_part(part: str) -> str:
    """Return one character of a LIKE pattern."""
    return {"%": ".*", "_": "."}.get(part) or re.escape(part[-1])


def from_similar(pattern: str) -> str:
    r"""Return a pattern of SIMILAR TO as a regular expression of PostgreSQL.

    Example:
        >>> from_similar("(a|b)_.%")
        '^(?:(a|b).\\..*)$'
    """
    parts = re.findall(r"\\.|\[[^]]+\]|.", pattern, re.DOTALL)
    others = {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}
    return f"^(?:{''.join(others.get(part, part) for part in parts)})$"


def from_glob(pattern: str) -> str:
    r"""Return a pattern of SQLite's GLOB as a regular expression.

    Example:
        >>> from_glob("[A-Z]*?")
        '^[A-Z].*.\\Z'
    """
    parts = re.findall(r"\[[^]]+\]|.", pattern, re.DOTALL)
    return f"^{''.join(map(glob_part, parts))}\\Z"


def glob_part(part: str) -> str:
    """Return one part of a GLOB pattern."""
    if part.startswith("[") and len(part) > 1:
        return part
    return {"*": ".*", "?": "."}.get(part) or re.escape(part)
