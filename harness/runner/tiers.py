"""The tier of a test, of a harness class or of any other."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from harness.core.nearest import did_you_mean
from harness.core.tiers import INTEGRATION, TIERS, UNIT

ATTRIBUTE = "tier"
SERVICES = "harness.core.service"  # not loaded, no class can declare any


def tier_of(test: Any) -> str:
    """Return the tier of a test: what its class says, else what its services say."""
    said = getattr(type(test), ATTRIBUTE, None)
    if isinstance(said, str) and said in TIERS:
        return said
    if SERVICES not in sys.modules:
        return UNIT
    from harness.adapters.declared import services_of

    return INTEGRATION if services_of(type(test)) else UNIT


def tiers_of(tests: Iterable[Any]) -> str | list[str]:
    """Return the tier of some tests: one, if they have it in common; else that of each."""
    known: dict[type, str] = {}
    found = [known.get(type(each)) or known.setdefault(type(each), tier_of(each)) for each in tests]
    return found[0] if len(known) == 1 else found


def wrong_tiers(cases: Iterable[type]) -> list[str]:
    """Return a line for each class that names a tier which is none; what is no text names none."""
    lines = {}
    for case in cases:
        said = getattr(case, ATTRIBUTE, None)
        if isinstance(said, str) and said not in TIERS:
            owner = next(each for each in case.__mro__ if ATTRIBUTE in vars(each))
            name = f"{owner.__module__}.{owner.__qualname__}"
            lines[name] = f"{name}: unknown tier {said!r}, not used; {did_you_mean(said, TIERS)}"
    return [lines[name] for name in sorted(lines)]
