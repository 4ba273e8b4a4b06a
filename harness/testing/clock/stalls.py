"""Telling that everybody sleeps on a clock which nobody moves."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Sequence

from harness.errors import ClockStalledError
from harness.testing.clock.alarms import Alarm

STANDARD_LIBRARY = os.path.dirname(threading.__file__)
WAITING = ("threading", "queue", "concurrent.futures", "selectors", "asyncio")


def is_waiting(thread: threading.Thread) -> bool:
    """Tell whether a thread waits for others: in a lock, a queue, a join, or an idle event loop.

    One that ended counts, too: it moves nothing any more; and the one that asks, whose event loop
    has nothing else to do.
    """
    if thread is threading.current_thread():
        return True
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return True
    name = str(frame.f_globals.get("__name__", ""))
    return any(name == module or name.startswith(f"{module}.") for module in WAITING)


def stalled(sleeper: Alarm, seconds: float, everybody: Sequence[Alarm], now: int,
            owner: threading.Thread) -> ClockStalledError:  # fmt: skip
    """Return the error for one who sleeps in vain.

    Args:
        sleeper: Who.
        seconds: How long nobody has moved the clock, in real seconds.
        everybody: All that sleep.
        now: What the clock shows, in nanoseconds since 1970.
        owner: The thread of the test.
    """
    return ClockStalledError(
        f"{sleeper.who} sleeps, and nobody has moved the clock for {seconds:g} s of real time",
        detail="\n".join([*listed(everybody or [sleeper], now), *place(owner)]),
        cause="the test waits for who sleeps, whom only a moving clock wakes",
        hint="call clock.advance() before that wait; where the test only takes long, set "
        "clock.patience",
    )


def listed(sleepers: Sequence[Alarm], now: int) -> list[str]:
    """Return a line for each sleeper."""
    return [
        f"{alarm.who} sleeps until {alarm.when}, in {(alarm.due - now) / 1e9:g} s"
        for alarm in sleepers
    ]


def place(thread: threading.Thread) -> list[str]:
    """Tell where another thread is, in code that is not Python's own."""
    if thread is threading.current_thread():
        return []
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return [f"thread {thread.name}, which made the clock, has ended"]
    frames = traceback.extract_stack(frame)
    own = [each for each in frames if not each.filename.startswith((STANDARD_LIBRARY, "<"))]
    last = (own or frames)[-1]
    where = f"{os.path.basename(last.filename)}:{last.lineno} in {last.name}"
    return [f"thread {thread.name}, whose clock it is, is at {where}"]
