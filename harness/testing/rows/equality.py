"""Comparing the value of a column with what a test expects."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

NUMBERS = (int, float, Decimal)
WRITTEN = (str, int, float, Decimal, UUID, date, time, timedelta, list)
ALIKE = 40  # letters of two texts that are compared to say how much alike they are


def equals(expected: object, actual: object, column: str) -> bool:
    """Tell whether a value is as expected: `==`, where what is expected decides.

    A decimal equals a float as it does for a server, and what is not a number equals itself.

    Args:
        expected: A value, or anything that compares equal to some.
        actual: What the database holds.
        column: Whose it is, for the note on an error.
    """
    if is_number(expected) and is_number(actual):
        return numbers_equal(expected, actual)
    if {type(expected), type(actual)} == {str, bytes}:  # `python -b` warns of comparing them
        return False
    try:
        return bool(expected == actual)
    except Exception as error:
        error.add_note(f"while column {column} was compared with what a test expects")
        raise


def is_number(value: object) -> bool:
    """Tell whether this is a number whose equality is no plain `==`."""
    return type(value) in (float, Decimal)


def numbers_equal(one: Any, other: Any) -> bool:
    """Compare floats and decimals."""
    if one != one or other != other:
        return bool(one != one and other != other)
    if type(one) is not type(other):
        one, other = float(one), float(other)
    return bool(one == other)


@dataclass(frozen=True)
class Difference:
    """A column of a row that is not as expected."""

    column: str
    expected: object
    actual: object

    @property
    def remark(self) -> str:
        """What is not seen at once; empty for nothing."""
        one, other = self.expected, self.actual
        if isinstance(one, datetime) and isinstance(other, datetime):
            lacking = (one.tzinfo is None) != (other.tzinfo is None)
            return "one of them has no time zone" if lacking else ""
        if type(one) is not type(other) and same_text(one, other):
            return f"differs in type: {type(other).__name__}, expected {type(one).__name__}"
        if isinstance(one, str) and isinstance(other, str) and one.split() == other.split():
            return "differs in white space alone"
        return ""


def same_text(one: object, other: object) -> bool:
    """Tell whether two values, neither a matcher, are written alike."""
    values = [list(value) if isinstance(value, tuple) else value for value in (one, other)]
    return all(isinstance(v, WRITTEN) for v in values) and str(values[0]) == str(values[1])


def differences(expected: Mapping[str, object], row: Any) -> list[Difference]:
    """Return what is not as expected in a row."""
    return [
        Difference(name, value, row[name])
        for name, value in expected.items()
        if not equals(value, row[name], name)
    ]


def likeness(difference: Difference) -> float:
    """Say how near two different values are, from 0 to 1.

    Example:
        >>> likeness(Difference("name", "ada", "adam")) > likeness(Difference("name", "ada", "bob"))
        True
    """
    one, other = difference.expected, difference.actual
    if isinstance(one, str) and isinstance(other, str):
        return difflib.SequenceMatcher(None, one[:ALIKE], other[:ALIKE], autojunk=False).ratio()
    distance = distance_between(one, other)
    return 0.0 if distance is None else 1 / (2 + distance)


def distance_between(one: object, other: object) -> float | None:
    """Return how far two numbers, or two dates in days, lie apart; None for other things."""
    if isinstance(one, NUMBERS) and isinstance(other, NUMBERS):
        return number_distance(one, other)
    if isinstance(one, date) and isinstance(other, date) and type(one) is type(other):
        return abs(one.toordinal() - other.toordinal())
    return None


def number_distance(one: int | float | Decimal, other: int | float | Decimal) -> float | None:
    """Return how far two numbers lie apart; None where one is not a number."""
    try:
        distance = abs(float(one) - float(other))
    except OverflowError:  # an integer beyond all floats
        return float("inf")
    return distance if distance == distance else None
