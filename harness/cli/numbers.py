"""Numbers on the command line."""

from __future__ import annotations

from typing import Any

import click

MOST = 1e9  # no clock can be set to more seconds


class Amount(click.FloatRange):
    """A number within limits, in none of which `nan` and `inf` are."""

    def convert(self, value: Any, parameter: Any, context: Any) -> float:
        """Return the number of a text."""
        found: float = super().convert(value, parameter, context)
        if not found <= MOST:
            self.fail(f"{value!r} is not a number up to {MOST:.0f}.", parameter, context)
        return found


COUNT = click.IntRange(min=1)
SECONDS = Amount(min=0, min_open=True)
PERCENT = Amount(min=0, max=100)
