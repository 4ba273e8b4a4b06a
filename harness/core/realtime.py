"""The real time, for deadlines, locks and logs: no test can freeze it.

freezegun replaces `time.time`, `time.monotonic` and their like in every module that holds them. By
a frozen clock no deadline ever comes: what waits for a lock or a server would wait for ever. So
the modules of harness say `from harness.core import realtime as time`.
"""

from __future__ import annotations

import time as _time
from collections.abc import Callable
from functools import partial


def _reader(clock: str, other: Callable[[], float]) -> Callable[[], float]:
    """Return what reads a clock of the system, which freezegun leaves alone.

    Args:
        clock: Its name in `time`.
        other: What to read where the system has no such clock; wrapped, so that it is not replaced.
    """
    if hasattr(_time, clock):
        return partial(_time.clock_gettime, getattr(_time, clock))
    return partial(other)


time = _reader("CLOCK_REALTIME", _time.time)
monotonic = _reader("CLOCK_MONOTONIC", _time.monotonic)
sleep = _time.sleep
