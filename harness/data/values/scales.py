"""Types whose values are ordered: each a scale of steps, counted by whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from harness.data.checks.casts import (
    as_duration,
    as_moment,
    as_number,
    as_time,
    aware,
)
from harness.data.schema.model import Type

DAY = 86400  # seconds
EPOCH = datetime(1970, 1, 1)
# Where values are drawn that nothing else narrows: fixed days, so that a seed draws the same.
FIRST_DAY, LAST_DAY = (
    (date(2020, 1, 1) - EPOCH.date()).days,
    (date(2025, 12, 31) - EPOCH.date()).days,
)


@dataclass(frozen=True)
class Scale:
    """How the values of a type are counted.

    Attributes:
        count: The place of a value, between two steps or on one.
        value: The value at a step.
        usual: The steps between which values are drawn that nothing narrows.
        least: The first step that the type has.
        most: The last.
        distinct: How many steps are enough for values that ought to differ.
    """

    count: Callable[[Any], Decimal]
    value: Callable[[int], Any]
    usual: tuple[int, int]
    least: int
    most: int
    distinct: int = 10**6


def seconds(moment: datetime) -> Decimal:
    """Return the seconds of a moment since the epoch, in its own clock."""
    since = moment.replace(tzinfo=None) - EPOCH
    return Decimal(since.days * DAY + since.seconds) + Decimal(since.microseconds) / 1000000


def numbers(places: int, most: int) -> Scale:
    """Return the scale of numbers with some digits after the point.

    Args:
        places: How many; negative where the last digits before the point are noughts.
        most: The greatest number, in steps.
    """
    step = Decimal(1).scaleb(-places)

    def value(steps: int) -> Decimal | int:
        return steps * int(step) if places <= 0 else (steps * step).quantize(step)

    usual = (min(int(1 / step) or 1, most), min(int(1000 / step) or 1, most))
    return Scale(lambda number: as_number(number) / step, value, usual, -most, most)


def integers(bits: int) -> Scale:
    """Return the scale of whole numbers of a size in bits."""
    most = 2 ** (bits - 1) - 1
    return Scale(as_number, int, (1, min(1000, most)), -most - 1, most)


def numeric(kind: Type) -> Scale:
    """Return the scale of a decimal number with its precision."""
    if kind.length is None:
        return numbers(2, 10**11)
    return numbers(kind.scale or 0, 10**kind.length - 1)


def floating(kind: Type) -> Scale:
    """Return the scale of floating-point numbers: hundredths."""
    scale = numbers(2, 10**11 if kind.name == "float8" else 10**6)
    return Scale(
        scale.count, lambda steps: float(scale.value(steps)), scale.usual, scale.least, scale.most
    )


DAYS = Scale(
    lambda value: seconds(as_moment(value)) / DAY,
    lambda days: EPOCH.date() + timedelta(days=days),
    (FIRST_DAY, LAST_DAY),
    -700000,
    2900000,
    20000,
)
MOMENTS = Scale(
    lambda value: seconds(as_moment(value)),
    lambda steps: EPOCH + timedelta(seconds=steps),
    (FIRST_DAY * DAY, LAST_DAY * DAY),
    -700000 * DAY,
    2900000 * DAY,
)
INSTANTS = Scale(
    lambda value: seconds(aware(value).astimezone(UTC)),
    lambda steps: EPOCH.replace(tzinfo=UTC) + timedelta(seconds=steps),
    MOMENTS.usual,
    MOMENTS.least,
    MOMENTS.most,
)
CLOCK = Scale(
    lambda value: seconds(datetime.combine(EPOCH.date(), as_time(value))),
    lambda steps: time(steps // 3600, steps // 60 % 60, steps % 60),
    (0, DAY - 1),
    0,
    DAY - 1,
)
DURATIONS = Scale(
    lambda value: Decimal(str(as_duration(value).total_seconds())),
    lambda steps: timedelta(seconds=steps),
    (60, 30 * DAY),
    -(10**9),
    10**9,
)
SCALES: dict[str, Callable[[Type], Scale]] = {
    "int2": lambda kind: integers(16),
    "int4": lambda kind: integers(32),
    "int8": lambda kind: integers(64),
    "oid": lambda kind: numbers(0, 2**32 - 1),
    "numeric": numeric,
    "money": lambda kind: numbers(2, 10**11),
    "float4": floating,
    "float8": floating,
    "date": lambda kind: DAYS,
    "timestamp": lambda kind: MOMENTS,
    "timestamptz": lambda kind: INSTANTS,
    "time": lambda kind: CLOCK,
    "timetz": lambda kind: CLOCK,
    "interval": lambda kind: DURATIONS,
}


def ceiling(place: Decimal, open: bool) -> int:
    """Return the first step at a place or after it."""
    return math.floor(place) + 1 if open else math.ceil(place)


def floor(place: Decimal, open: bool) -> int:
    """Return the last step at a place or before it."""
    return math.ceil(place) - 1 if open else math.floor(place)
