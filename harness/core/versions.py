"""Comparing versions."""

from __future__ import annotations

import re


def fits(actual: str, wanted: str) -> bool:
    """Tell whether a version is the wanted one, or a part release of it.

    Example:
        >>> fits("15.13", "15"), fits("15.13", "1")
        (True, False)
    """
    return f"{actual}.".startswith(f"{wanted}.")


def is_older(version: str, other: str) -> bool:
    """Tell whether a version comes before another one.

    Example:
        >>> is_older("6.0.16", "6.2"), is_older("10.0", "6.2")
        (True, False)
    """
    return numbers(version) < numbers(other)


def numbers(version: str) -> list[int]:
    """Return the numbers of a version, to compare by."""
    return [int(part) for part in re.findall(r"\d+", version)]
