"""Numbers on the command line."""

from __future__ import annotations

import math
from typing import Any

import click


class Amount(click.FloatRange):
    """A number within limits; `nan` is in none."""

    def convert(self, value: Any, parameter: Any, context: Any) -> float:
        """Return the number of a text."""
        found: float = super().convert(value, parameter, context)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", parameter, context)
        return found


COUNT = click.IntRange(min=1)
SECONDS = Amount(min=0, min_open=True, max=1e9)  # more than 30 years no clock can be set to
PERCENT = Amount(min=0, max=100)
