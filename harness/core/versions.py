"""Comparing versions."""

from __future__ import annotations


def fits(actual: str, wanted: str) -> bool:
    """Tell whether a version is the wanted one, or a part release of it.

    Example:
        >>> fits("15.13", "15"), fits("15.13", "1")
        (True, False)
    """
    return f"{actual}.".startswith(f"{wanted}.")
