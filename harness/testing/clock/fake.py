"""A clock that stands still until a test moves it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from harness.core import realtime
from harness.core.pauses import pause
from harness.errors import ClockError, ClockStalledError
from harness.testing.clock.alarms import Alarm, FakeTimer, TaskSleep, ThreadSleep
from harness.testing.clock.instants import (
    SECOND,
    START,
    check_callback,
    instant,
    moment,
    nanoseconds,
    since_epoch,
)
from harness.testing.clock.motion import LONGEST_PAUSE, SHORTEST_PAUSE, Motion
from harness.testing.clock.stalls import is_waiting, listed, stalled

MONOTONIC_START = 1000 * SECOND  # none that was read is 0, as on no real machine


class FakeClock:
    """A clock that stands still until it is moved, and then passes everything that is due.

    Whoever makes it owns it: a sleep of the owner's thread (or task) moves the clock itself. Other
    threads and tasks that sleep on it wait until the owner has moved it far enough. They wake one
    after the other, each at its own instant, and the clock goes on when who woke sleeps again or
    has ended. Timers are called in the thread that moves the clock.

    Args:
        start: What it shows at first: a `datetime` with a time zone, or such a text in ISO format.
        settle: Real seconds to wait, at most, for one who woke to sleep again or end.
        patience: Real seconds after which one who sleeps, while the owner waits for others, gets an
            error instead of waiting for ever.

    Raises:
        ClockError: `start` has no time zone.

    Example:
        >>> clock = FakeClock("2030-01-01T00:00Z")
        >>> timer = clock.call_later(60, print, "a minute")
        >>> clock.advance(hours=1)
        a minute
        >>> clock.now().isoformat()
        '2030-01-01T01:00:00+00:00'
    """

    def __init__(
        self, start: datetime | str = START, *, settle: float = 1.0, patience: float = 10.0
    ) -> None:
        self._start = since_epoch(moment(start))
        self._motion = Motion(self._start)
        self._agenda = self._motion.agenda
        self.settle = settle
        self.patience = patience
        self._over: str | None = None
        self.own()

    def __repr__(self) -> str:
        return f"<FakeClock at {instant(self._motion.now)}>"

    # what code under test calls

    def now(self) -> datetime:
        """Return what it shows, in UTC."""
        self._check()
        return instant(self._motion.now)

    def time(self) -> float:
        """Return what it shows, as seconds since 1970."""
        self._check()
        return self._motion.now / SECOND

    def monotonic(self) -> float:
        """Return seconds that only this clock moves; 1000 at its start."""
        self._check()
        return (self._motion.now - self._start + MONOTONIC_START) / SECOND

    def sleep(self, seconds: float) -> None:
        """Sleep so many seconds of this clock; in the owner's thread, that moves it.

        Raises:
            ClockError: `seconds` is negative, or no number; or the clock is closed meanwhile.
            ClockStalledError: Nobody moves the clock, and its owner waits.
        """
        self._check()
        span = nanoseconds(seconds)
        if threading.current_thread() is self._thread:
            self.advance(seconds)
        elif span:
            self._sleep(ThreadSleep(self._motion.now + span))

    async def asleep(self, seconds: float) -> None:
        """Sleep as a task; in the owner's task, that moves the clock.

        Raises:
            ClockError: `seconds` is negative, or no number.
            ClockStalledError: Nobody moves the clock, and its owner waits.
        """
        self._check()
        span = nanoseconds(seconds)
        if self._task is not None and running_task() is self._task:
            await self.aadvance(seconds)
        elif span:
            await self._asleep(TaskSleep(self._motion.now + span))

    def call_later(
        self, seconds: float, callback: Callable[..., object], *arguments: Any
    ) -> FakeTimer:
        """Call a function when so many seconds have passed on this clock.

        Raises:
            ClockError: `seconds` is negative, or the function is none or a coroutine function.
        """
        self._check()
        check_callback(callback)
        due = self._motion.now + nanoseconds(seconds)
        instant(due)  # an error here says more than one in the middle of a move
        return FakeTimer(due, callback, arguments, self._agenda)

    def call_at(
        self, when: datetime, callback: Callable[..., object], *arguments: Any
    ) -> FakeTimer:
        """Call a function at an instant; where it is over, with the next move.

        Raises:
            ClockError: `when` has no time zone, or the function is none or a coroutine function.
        """
        self._check()
        check_callback(callback)
        return FakeTimer(
            max(self._motion.now, since_epoch(moment(when))), callback, arguments, self._agenda
        )

    # what a test calls

    def own(self, task: object = None, thread: threading.Thread | None = None) -> None:
        """Make a thread, and a task where there is one, the owner of the clock.

        Args:
            task: The task of asyncio; the one that runs if not given.
            thread: The thread; this one if not given.
        """
        self._thread = threading.current_thread() if thread is None else thread
        self._task = running_task() if task is None else task

    def advance(
        self,
        seconds: float | timedelta = 0,
        *,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Move the clock, stopping at every instant at which something is due.

        An error of a timer ends it: the clock stays at that instant, and what is due later is still
        to come. In a coroutine, `await aadvance(...)`, which lets the other tasks run.

        Args:
            seconds: How far, in seconds or as a `timedelta`.
            minutes: How far besides.
            hours: How far besides.
            days: How far besides.

        Raises:
            ClockError: The sum is negative, or a timer or another thread is moving the clock.

        Example:
            >>> clock = FakeClock()
            >>> before = clock.monotonic()
            >>> clock.advance(minutes=2)
            >>> clock.monotonic() - before
            120.0
        """
        target = self._in(seconds, minutes, hours, days)
        for rest in self._motion.moves(target, self.settle, blocking=True):
            realtime.sleep(rest)

    async def aadvance(
        self,
        seconds: float | timedelta = 0,
        *,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Move the clock as `advance` does, and let the tasks that wake run meanwhile."""
        import asyncio

        target = self._in(seconds, minutes, hours, days)
        for rest in self._motion.moves(target, self.settle, blocking=False):
            await asyncio.sleep(rest)

    def advance_to(self, when: datetime | str) -> None:
        """Move the clock to an instant, stopping wherever something is due.

        Raises:
            ClockError: The instant has no time zone or is over, or somebody is moving the clock.
        """
        self.advance(self._until(when))

    async def aadvance_to(self, when: datetime | str) -> None:
        """Move the clock as `advance_to` does, and let the tasks that wake run meanwhile."""
        await self.aadvance(self._until(when))

    def wait_for_sleepers(self, number: int = 1, *, within: float = 5.0) -> None:
        """Wait until so many threads or tasks sleep on the clock: then it can be moved.

        Args:
            number: How many at least.
            within: Real seconds to wait at most.

        Raises:
            ClockStalledError: Fewer do; tells who does.
        """
        for rest in self._gathering(number, within):
            realtime.sleep(rest)

    async def await_for_sleepers(self, number: int = 1, *, within: float = 5.0) -> None:
        """Wait as `wait_for_sleepers` does, without blocking the event loop."""
        import asyncio

        for rest in self._gathering(number, within):
            await asyncio.sleep(rest)

    def follow(self, follower: Callable[[datetime], object]) -> Callable[[], None]:
        """Call a function with the time whenever the clock has moved, before what is due then.

        Returns:
            What ends it.
        """
        self._check()
        self._motion.followers.append(follower)
        return lambda: self._motion.followers.remove(follower)

    def close(self, why: str = "it was closed") -> None:
        """End the clock: who sleeps on it gets an error, and so does everybody who uses it later.

        Args:
            why: What the error says.
        """
        if self._over is None:
            self._over = why
            for alarm in self._agenda.empty():
                alarm.end(self._closed())

    def _check(self) -> None:
        if self._over is not None:
            raise self._closed()

    def _closed(self) -> ClockError:
        return ClockError(
            f"this clock is not to be used any more: {self._over}",
            cause="a thread or an object outlives the test that it belongs to",
            hint="end it in the test, with addCleanup; each test has a clock of its own",
        )

    def _sleep(self, alarm: ThreadSleep) -> None:
        self._agenda.add(alarm)
        self._check()  # it may have been closed meanwhile
        try:
            while not alarm.wait(self.patience):
                self._check_stall(alarm)
        finally:
            self._agenda.remove(alarm)

    async def _asleep(self, alarm: TaskSleep) -> None:
        self._agenda.add(alarm)
        try:
            while not await alarm.wait(self.patience):
                self._check_stall(alarm)
        finally:
            self._agenda.remove(alarm)

    def _check_stall(self, alarm: ThreadSleep | TaskSleep) -> None:
        still = realtime.monotonic() - max(self._motion.moved, alarm.began)
        if still < self.patience * 0.9 or self._motion.in_progress:
            return
        if is_waiting(self._thread):
            everybody = self._agenda.sleepers()
            raise stalled(alarm, self.patience, everybody, self._motion.now, self._thread)

    def _in(self, seconds: float | timedelta, minutes: float, hours: float, days: float) -> int:
        self._check()
        if isinstance(seconds, timedelta):
            return self._motion.now + nanoseconds(
                seconds + timedelta(minutes=minutes, hours=hours, days=days)
            )
        return self._motion.now + nanoseconds(seconds + 60 * minutes + 3600 * hours + 86400 * days)

    def _until(self, when: datetime | str) -> timedelta:
        """Return how far it is to an instant."""
        now, there = self.now(), moment(when)
        if there < now:
            raise ClockError(
                f"{there} is over: the clock shows {now}",
                cause="a clock never goes back",
                hint="make another that begins earlier: clock_start, or FakeClock(start)",
            )
        return there - now

    def _gathering(self, number: int, within: float) -> Iterator[float]:
        """Yield pauses until so many sleep."""
        self._check()
        began = realtime.monotonic()
        while len(sleepers := self._agenda.sleepers()) < number:
            waited = realtime.monotonic() - began
            if waited > within:
                raise too_few(number, sleepers, within, self._motion.now)
            yield pause(waited, SHORTEST_PAUSE, LONGEST_PAUSE)


def too_few(number: int, sleepers: list[Alarm], within: float, now: int) -> ClockStalledError:
    """Return the error for fewer sleepers than a test waits for."""
    return ClockStalledError(
        f"{len(sleepers)} of {number} sleep on the clock after {within:g} s",
        detail="\n".join(listed(sleepers, now)),
        cause="the others wait for something else, have ended, or sleep on another clock",
        hint="look into what they do; where they are only slow, write within= with more seconds",
    )


def running_task() -> object:
    """Return the task that runs in this thread, or None."""
    asyncio = sys.modules.get("asyncio")  # nobody has a task who never imported it
    if asyncio is None or asyncio._get_running_loop() is None:
        return None
    task: object = asyncio.current_task()
    return task
