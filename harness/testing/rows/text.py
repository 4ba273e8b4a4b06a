"""Showing rows and values in a message that fits a narrow terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

WIDTH = 76  # letters of a line
LONGEST = 40  # letters of a value in a row
LINES = 3  # of a row
UNBROKEN = "\0"  # stands for a blank at which no line is broken
WRAPPED = {Decimal, UUID, date, datetime, time, timedelta}  # whose repr is long


def shown(value: object, longest: int = LONGEST) -> str:
    """Return a value's repr on one line, shortened.

    Example:
        >>> shown("a" * 100, 20)
        "'aaaaaaaaaaaa...aaa'"
    """
    text = one_line(value)
    if len(text) <= longest:
        return text
    tail = min(4, longest // 4)
    return f"{text[: longest - 3 - tail]}...{text[-tail:]}"


def one_line(value: object) -> str:
    """Return a value as it is read most easily: its repr, or what the repr only wraps."""
    try:
        text = str(value) if type(value) in WRAPPED else repr(value)
        return " ".join(text.split("\n"))
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def around(one: str, other: str, longest: int) -> tuple[str, str]:
    """Shorten two long texts so that their first difference is seen.

    Example:
        >>> around("a" * 50 + "b", "a" * 50 + "c", 10)
        ('...aaaaaab', '...aaaaaac')
    """
    if max(len(one), len(other)) <= longest:
        return one, other
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = max(0, same - longest // 2)
    start = min(start, max(0, max(len(one), len(other)) - longest + 3))
    return cut(one, start, longest), cut(other, start, longest)


def cut(text: str, start: int, longest: int) -> str:
    """Return the part of a text from `start` on, marked where something is left out."""
    head = "..." if start else ""
    part = text[start : start + longest - len(head)]
    if start + len(part) < len(text):
        part = f"{part[:-3]}..."
    return head + part


def pairs(values: Mapping[str, object], longest: int = LONGEST) -> str:
    """Return columns with their values on one line.

    Example:
        >>> pairs({"id": 7, "email": None})
        'id=7, email=None'
    """
    return ", ".join(f"{name}={shown(value, longest)}" for name, value in values.items())


def row_lines(row: Any, first: Iterable[str] = (), indent: str = "  - ") -> list[str]:
    """Return the lines that show a row, some columns first, as many as fit.

    Args:
        row: The row.
        first: The columns to begin with.
        indent: What stands before the first line.
    """
    names = dict.fromkeys([*(name for name in first if name in row.columns), *row.columns])
    parts = [pairs({name: row[name]}).replace(" ", UNBROKEN) for name in names]
    lines = textwrap.wrap(
        ", ".join(parts),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        max_lines=LINES,
        placeholder=" ...",
    )
    return [line.replace(UNBROKEN, " ") for line in lines]


def sentence(text: str) -> str:
    """Break a long text into lines, those that follow indented."""
    lines = textwrap.wrap(
        text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)
