"""The real clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from harness.testing.clock.instants import SECOND, check_callback, moment, nanoseconds


class SystemClock:
    """The machine's clock, with the surface of `Clock`: what production code uses.

    It reads `time` and `datetime`, so freezegun freezes it as it freezes them.

    Example:
        >>> SystemClock().now().tzinfo
        datetime.timezone.utc
    """

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def time(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean something."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread for so many seconds.

        Raises:
            ClockError: `seconds` is negative, or no number.
        """
        time.sleep(nanoseconds(seconds) / SECOND)

    async def asleep(self, seconds: float) -> None:
        """Let the other tasks of the loop go on for so many seconds.

        Raises:
            ClockError: `seconds` is negative, or no number.
        """
        import asyncio  # most code that takes a clock has no use for it

        await asyncio.sleep(nanoseconds(seconds) / SECOND)

    def call_later(
        self, seconds: float, callback: Callable[..., object], *arguments: Any
    ) -> SystemTimer:
        """Call a function in so many seconds, in a thread of its own that keeps no process alive.

        Raises:
            ClockError: `seconds` is negative, or the function is none or a coroutine function.
        """
        span = nanoseconds(seconds) / SECOND
        check_callback(callback)
        when = datetime.fromtimestamp(time.time() + span, UTC)
        return SystemTimer(when, span, callback, arguments)

    def call_at(
        self, when: datetime, callback: Callable[..., object], *arguments: Any
    ) -> SystemTimer:
        """Call a function at an instant, in a thread of its own; at once where it is over.

        Raises:
            ClockError: `when` has no time zone, or the function is none or a coroutine function.
        """
        span = max(0.0, moment(when).timestamp() - time.time())
        check_callback(callback)
        return SystemTimer(moment(when), span, callback, arguments)


class SystemTimer:
    """A function that a thread calls in a while.

    Args:
        when: The instant.
        span: Seconds until then.
        callback: The function.
        arguments: What it is called with.
    """

    def __init__(
        self,
        when: datetime,
        span: float,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
    ) -> None:
        self.when = when
        self._thread = threading.Timer(span, callback, arguments)
        self._thread.daemon = True
        self._thread.start()

    def cancel(self) -> None:
        """Let it not be called, unless it has begun."""
        self._thread.cancel()
