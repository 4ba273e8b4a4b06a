"""Moving a fake clock from one instant that something is due at to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from harness.core import realtime
from harness.core.pauses import pause
from harness.errors import ClockError
from harness.testing.clock.agenda import Agenda
from harness.testing.clock.alarms import Alarm
from harness.testing.clock.instants import instant

TURNS = 5  # of an event loop: from the end of a task to those that await what awaits it
SHORTEST_PAUSE, LONGEST_PAUSE = 0.00005, 0.01
ENDLESS = 10_000  # alarms at one instant


class Motion:
    """What a clock shows, and how it gets on.

    Args:
        now: What it shows at first, in nanoseconds since 1970.

    Attributes:
        now: What it shows.
        agenda: What is due.
        followers: Called with the time whenever it has moved.
        moved: When it was moved last, in seconds of real time.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.agenda = Agenda()
        self.followers: list[Callable[[datetime], object]] = []
        self.moved = realtime.monotonic()
        self._turn = threading.Lock()
        self._mover = ""  # for the error of another who tries

    @property
    def in_progress(self) -> bool:
        """Whether somebody moves it."""
        return self._turn.locked()

    def moves(self, target: int, settle: float, *, blocking: bool) -> Iterator[float]:
        """Move the clock; yield the real seconds to rest while whom it woke gets on.

        Args:
            target: Where to, in nanoseconds since 1970.
            settle: Real seconds to wait, at most, for one who woke.
            blocking: Whether the caller keeps its own event loop from running.

        Raises:
            ClockError: Somebody is moving it, or there is no end to what is due at one instant.
        """
        instant(target)
        turns = [] if blocking else [0.0] * TURNS
        with self._taking_turn():
            yield from turns  # a task that was only just made has not come to its sleep yet
            at, rung = self.now, 0
            while (alarm := self.agenda.take(target)) is not None:
                rung = rung + 1 if alarm.due == at else 0
                at = alarm.due
                check_end(rung, alarm)
                self._ring(alarm)
                yield from self._settling(alarm, settle, blocking)
            self._set(target)
        yield from turns

    @contextmanager
    def _taking_turn(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise ClockError(
                f"the clock was moved while {self._mover} moves it",
                cause="a timer that sleeps or advances the clock, or a second thread or task that "
                "does: what is due would come in no order",
                hint="let one move it; a timer schedules what follows with call_later()",
            )
        self._mover = threading.current_thread().name
        try:
            yield
        finally:
            self.moved = realtime.monotonic()
            self._turn.release()

    def _ring(self, alarm: Alarm) -> None:
        self._set(max(self.now, alarm.due))
        mover = self._mover
        self._mover = f"{mover}, for the {alarm.who},"
        try:
            alarm.ring()
        finally:
            self._mover = mover

    def _set(self, now: int) -> None:
        """Show another time, unless it is this one already."""
        if now != self.now:
            self.now = now
            for follower in list(self.followers):
                follower(instant(now))

    def _settling(self, alarm: Alarm, settle: float, blocking: bool) -> Iterator[float]:
        """Yield pauses until whom an alarm woke has come to rest."""
        if not blocking:
            yield from [0.0] * TURNS
        began = realtime.monotonic()
        while not alarm.settled(self.agenda, blocking):
            waited = realtime.monotonic() - began
            if waited > settle:
                return
            yield pause(waited, SHORTEST_PAUSE, LONGEST_PAUSE)


def check_end(rung: int, alarm: Alarm) -> None:
    """Do nothing while there may be an end to what is due at one instant.

    Raises:
        ClockError: There is none.
    """
    if rung >= ENDLESS:
        raise ClockError(
            f"{rung} alarms were due at {alarm.when}, and there is another: {alarm.who}",
            cause="a timer or a loop that comes again after 0 seconds",
            hint="let it wait for longer than nothing",
        )
