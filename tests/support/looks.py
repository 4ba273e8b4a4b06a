"""Looks at a server that take long, as on a busy machine."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable


def slow_look(found: list[str], grace: float) -> Callable[..., list[str]]:
    """Return a look that takes longer than a grace to find something, and then finds nothing.

    Args:
        found: What it finds the first time.
        grace: Seconds.
    """
    looks = itertools.chain([found], itertools.repeat([]))

    def look(*_: object) -> list[str]:
        seen = next(looks)
        time.sleep(2 * grace if seen else 0)
        return seen

    return look
