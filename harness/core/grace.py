"""What is still there when it has had a moment to go."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

from harness.core import realtime as time

POLL = 0.005  # seconds between two looks
T = TypeVar("T")


def outlasting(look: Callable[[], list[T]], grace: Callable[[list[T]], float]) -> list[T]:
    """Return what is still there after a moment's grace.

    The last look begins when that is over: on a busy machine one may take longer than the grace,
    and tell what was before. What nobody refers to is closed by collecting garbage.

    Args:
        look: Returns what is there.
        grace: Returns for how many seconds to wait for that to go.

    Example:
        >>> looks = iter([["open"], ["open"], []])
        >>> outlasting(lambda: next(looks), lambda found: 5)
        []
    """
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        found = look()
        if not found or waited >= grace(found):
            return found
        gc.collect()
        time.sleep(POLL)
