"""What a number of runs, some of which failed, says of how often a test fails."""

from __future__ import annotations

import math

SURE = 0.95
Z = 1.959964  # standard deviations on each side of the mean that hold 95 % of a normal distribution


def highest(runs: int) -> float:
    """Return how often a test may fail at most that never failed in so many runs, with 95 %.

    That is the rule of three (Hanley and Lippman-Hand, 1983), 3 / runs, without its approximation.

    Example:
        >>> round(highest(300), 4), highest(0)
        (0.0099, 1.0)
    """
    return -math.expm1(math.log1p(-SURE) / runs) if runs else 1.0


def interval(failed: int, runs: int) -> tuple[float, float]:
    """Return between which rates of failure the true one lies, with 95 % (Wilson, 1927).

    Example:
        >>> [round(rate, 3) for rate in interval(1, 50)]
        [0.004, 0.105]
    """
    rate, spread = failed / runs, Z * Z / runs
    middle = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def tries_for(rate: float, doubt: float) -> int:
    """Return how many runs it takes to see a failure of such a rate, save for so much doubt.

    Example:
        >>> tries_for(0.5, 0.01)
        7
    """
    return 1 if rate >= 1 else math.ceil(math.log(doubt) / math.log1p(-rate))


def by_chance(failed: int, runs: int, rate: float) -> float:
    """Return how probable it is that at least so many of the runs fail, each with this rate.

    Example:
        >>> by_chance(1, 2, 0.5)
        0.75
    """
    chances = (
        math.comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(failed, runs + 1)
    )
    return min(1.0, sum(chances))  # each is rounded


def percent(rate: float) -> str:
    """Return a rate for people.

    Example:
        >>> percent(0.0312), percent(0.5), percent(0.00004)
        ('3.1 %', '50 %', '0.004 %')
    """
    return f"{100 * rate:.2g} %" if rate < 0.995 else "100 %"
