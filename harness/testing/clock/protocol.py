"""What code may ask of a clock, real or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol


class Timer(Protocol):
    """A callback that is still to come."""

    @property
    def when(self) -> datetime:
        """The instant at which it comes."""

    def cancel(self) -> None:
        """Let it not come; one that has come is not undone."""


class Clock(Protocol):
    """A clock, as code takes it: `SystemClock` in production, `FakeClock` in a test.

    It is a protocol: code that would not import harness can write one of its own, with as many of
    these methods as it calls.

    Example:
        ::

            class Cache:
                def __init__(self, clock: Clock = SystemClock()):
                    self._clock = clock
    """

    def now(self) -> datetime:
        """Return the time, with a time zone."""

    def time(self) -> float:
        """Return the seconds since 1970, as `time.time`."""

    def monotonic(self) -> float:
        """Return seconds that never go back, as `time.monotonic`."""

    def sleep(self, seconds: float) -> None:
        """Block for so many seconds, as `time.sleep`."""

    async def asleep(self, seconds: float) -> None:
        """Let the other tasks go on for so many seconds, as `asyncio.sleep`."""

    def call_later(self, seconds: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call a function in so many seconds."""

    def call_at(self, when: datetime, callback: Callable[..., object], *arguments: Any) -> Timer:
        """Call a function at an instant; at once where it is over."""
