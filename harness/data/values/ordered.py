"""Drawing numbers, dates and times."""

from __future__ import annotations

import random
from typing import Any

from harness.data.checks.limits import Limits
from harness.data.schema.model import Type
from harness.data.values.scales import SCALES, Scale, ceiling, floor
from harness.data.values.shapes import NotDrawableError


def draw_ordered(
    kind: Type,
    limits: Limits,
    rng: random.Random,
    *,
    unique: bool = False,
    usual: tuple[Any, Any] | None = None,
) -> Any:
    """Draw a value of a type that has a scale.

    Args:
        kind: The type.
        limits: What it has to keep to.
        rng: Where it is drawn from.
        unique: Whether it ought to differ from all others.
        usual: Between which values to draw where the limits leave the choice.

    Raises:
        NotDrawableError: The limits leave none.
    """
    scale = SCALES[kind.name](kind)
    low, high = steps(scale, limits, unique, usual)
    if low > high:
        raise NotDrawableError
    return scale.value(rng.randint(low, high))


def steps(
    scale: Scale, limits: Limits, unique: bool, usual: tuple[Any, Any] | None
) -> tuple[int, int]:
    """Return the first and the last step to draw from."""
    low = None if limits.low is None else ceiling(scale.count(limits.low.value), limits.low.open)
    high = None if limits.high is None else floor(scale.count(limits.high.value), limits.high.open)
    first, last = usual_steps(scale, unique, usual)
    if low is not None and high is not None:
        inside = max(low, first), min(high, last)  # named by the column, where that is inside
        first, last = inside if usual and inside[0] <= inside[1] else (low, high)
    elif low is not None:
        first, last = (max(low, first), last) if low <= last else (low, low + last - first)
    elif high is not None:
        first, last = (first, min(high, last)) if high >= first else (high - last + first, high)
    return max(first, scale.least), min(last, scale.most)


def usual_steps(scale: Scale, unique: bool, usual: tuple[Any, Any] | None) -> tuple[int, int]:
    """Return the steps between which to draw where nothing else is said."""
    if usual is not None:
        return ceiling(scale.count(usual[0]), False), floor(scale.count(usual[1]), False)
    first, last = scale.usual
    return first, min(max(last, first + scale.distinct), scale.most) if unique else last
