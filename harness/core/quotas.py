"""What the tests of a tier may be, or have to be: how many, and how long."""

from __future__ import annotations

import re
from typing import NamedTuple

QUOTA = r"(\w+)\s*([<>]=)\s*(\d+(?:\.\d+)?)\s*(%|s)"


class Quota(NamedTuple):
    """A bound for the tests of a tier.

    Attributes:
        tier: Whose.
        least: Whether it is the least that is asked for, and not the most that is allowed.
        bound: A share of all tests in percent, or the seconds of one test.
        unit: `%` or `s`.

    Example:
        >>> str(parse_quotas("e2e <= 10%")[0])
        'e2e<=10%'
    """

    tier: str
    least: bool
    bound: float
    unit: str

    def __str__(self) -> str:
        return f"{self.tier}{'>' if self.least else '<'}={self.bound:g}{self.unit}"

    def met(self, value: float) -> bool:
        """Tell whether a share, or a time, is within it."""
        return value >= self.bound if self.least else value <= self.bound


def parse_quotas(text: str) -> tuple[Quota, ...]:
    """Read quotas with commas between them.

    Raises:
        ValueError: One is none.
    """
    return tuple(quota_of(part.strip()) for part in text.split(",") if part.strip())


def quota_of(text: str) -> Quota:
    """Read one quota.

    Raises:
        ValueError: It is none.
    """
    found = re.fullmatch(QUOTA, text)
    if found is None or (found[2] == ">=" and found[4] == "s"):
        raise ValueError(
            f"{text!r} is no quota: write TIER>=SHARE%, TIER<=SHARE% or TIER<=SECONDSs"
        )
    return Quota(found[1], found[2] == ">=", float(found[3]), found[4])
