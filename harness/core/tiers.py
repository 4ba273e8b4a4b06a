"""The tiers of tests: what each class says that its tests need."""

from __future__ import annotations

from typing import Literal, TypeAlias

from harness.core.nearest import did_you_mean
from harness.core.order import words
from harness.errors import ConfigurationError

Tier: TypeAlias = Literal["unit", "integration", "e2e"]
UNIT, INTEGRATION, E2E = TIERS = ("unit", "integration", "e2e")


def check_tier(tier: object, owner: str = "") -> str:
    """Return a tier.

    Args:
        tier: What should be one.
        owner: Who says so; nobody where that is told anyway.

    Raises:
        ConfigurationError: There is none of that name; with the nearest.

    Example:
        >>> check_tier("unit")
        'unit'
    """
    if tier not in TIERS or not isinstance(tier, str):
        who = f"{owner}: " if owner else ""
        hint = did_you_mean(str(tier), TIERS)
        raise ConfigurationError(f"{who}unknown tier {tier!r}", hint=hint)
    return tier


def parse_tiers(text: str) -> tuple[str, ...]:
    """Read the tiers that are chosen, with commas; none of them means all.

    Raises:
        ConfigurationError: There is none of that name.

    Example:
        >>> parse_tiers("integration, unit")
        ('unit', 'integration')
    """
    chosen = {check_tier(word) for word in words(text)}
    return tuple(tier for tier in TIERS if tier in chosen)
