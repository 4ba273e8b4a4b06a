"""Median and percentiles."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """How values are spread.

    Attributes:
        count: How many there are.
        median: The value in the middle.
        p95: What 95 of 100 do not exceed.
        p99: What 99 of 100 do not exceed.
    """

    count: int
    median: float
    p95: float
    p99: float


def spread(values: Sequence[float]) -> Spread | None:
    """Return how values are spread; None if there are none.

    Percentiles are interpolated between the two values next to them: type 7 of Hyndman and Fan,
    "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), 361-365, which
    is `method="inclusive"` of `statistics.quantiles` and the default of NumPy and R.

    Example:
        >>> spread([1.0, 2.0, 3.0, 4.0, 5.0])
        Spread(count=5, median=3.0, p95=4.8, p99=4.96)
    """
    if not values:
        return None
    if len(values) == 1:
        return Spread(1, values[0], values[0], values[0])
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Spread(len(values), cuts[49], cuts[94], cuts[98])
