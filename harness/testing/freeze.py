"""Freezing the time that everybody reads, with freezegun, for code that takes no clock."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from harness.core.extras import extra
from harness.errors import ClockError
from harness.testing.clock.fake import FakeClock
from harness.testing.clock.instants import instant, moment, nanoseconds, since_epoch

# Modules whose deadlines and time-outs are for real servers; a dot ends the name of a package. Of
# harness, all but `SystemClock`, which is the code under test's.
REAL = (
    "harness.adapters.",
    "harness.core.",
    "harness.data.",
    "harness.providers.",
    "harness.services.",
    "harness.testing.clock.fake",
    "harness.testing.clock.instants",
    "harness.testing.excerpt",
    "harness.testing.rows.",
    "asyncio.",
    "asyncpg.",
    "concurrent.futures.",
    "docker.",
    "fasteners.",
    "multiprocessing.",
    "pg8000.",
    "psycopg.",
    "psycopg_binary.",
    "psycopg_pool.",
    "redis.",
    "socketserver",
    "sqlalchemy.util.",
    "subprocess",
    "testcontainers.",
    "urllib3.",
)

_current: Freeze | None = None
_lock = threading.Lock()


class Freeze:
    """Time that stands still for all code that reads the global one. It begins when this is made.

    `time.time()`, `time.monotonic()`, `datetime.now()` and their like show one instant, in every
    thread of this process. Drivers, event loops and harness itself go on with the real time, and so
    do servers: SQL's `now()` is not frozen.

    Args:
        at: The instant: a `datetime` with a time zone or such a text in ISO format; or a
            `FakeClock`, which it shows and follows from then on.
        tick: Whether time runs on from there, as fast as it does.
        real: Names of more modules that are to see the real time; one that ends with a dot means
            all below a package.

    Raises:
        ClockError: Time is frozen already, or `at` has no time zone.
        MissingExtraError: freezegun is not installed.

    Example:
        >>> import time
        >>> with Freeze("2030-01-01T00:00Z") as frozen:
        ...     frozen.advance(minutes=1)
        ...     time.time()
        1893456060.0
    """

    def __init__(
        self, at: datetime | str | FakeClock, *, tick: bool = False, real: Iterable[str] = ()
    ) -> None:
        clock = at if isinstance(at, FakeClock) else None
        if clock is not None and tick:
            raise ClockError(
                "time that follows a clock cannot tick besides", hint="leave out tick=True"
            )
        self._clock = clock
        self._undo = ExitStack()
        self._factory: Any = None
        start = clock.now() if clock is not None else moment(at)  # type: ignore[arg-type]
        with extra("clock", "freezegun"):
            from freezegun import api
        with self._alone(start):
            self._start(api, start, tick, (*REAL, *checked(real)))

    @property
    def now(self) -> datetime:
        """The time that all code sees, in UTC."""
        return self._shown()

    def advance(
        self,
        seconds: float | timedelta = 0,
        *,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Move the time on; of one that follows a clock, the clock.

        Args:
            seconds: How far, in seconds or as a `timedelta`.
            minutes: How far besides.
            hours: How far besides.
            days: How far besides.

        Raises:
            ClockError: The sum is negative, or the time is not frozen any more.
        """
        now = self._shown()
        if self._clock is not None:
            self._clock.advance(seconds, minutes=minutes, hours=hours, days=days)
        else:
            span = timedelta(minutes=minutes, hours=hours, days=days)
            seconds = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
            self._show(instant(since_epoch(now) + nanoseconds(seconds + span)))

    def move_to(self, at: datetime | str) -> None:
        """Move the time to an instant, also to an earlier one; of one that follows a clock, that.

        Raises:
            ClockError: The instant has no time zone; it is earlier than what a clock shows that is
                followed; the time is not frozen any more.
        """
        self._shown()
        if self._clock is not None:
            self._clock.advance_to(at)
        else:
            self._show(moment(at))

    def stop(self) -> None:
        """Let everybody see the real time again; nothing happens where they do."""
        self._factory = None
        self._undo.close()

    def __enter__(self) -> Freeze:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @contextmanager
    def _alone(self, start: datetime) -> Iterator[None]:
        """Be the one that freezes, from a block that may fail to the end."""
        global _current
        with _lock:
            if _current is not None:
                raise ClockError(
                    f"time is frozen already, at {_current.now}: it cannot be, at {start}, too",
                    cause="of two that freeze it, the one that stops first would undo the other",
                    hint="move the first: frozen.move_to(...), or end its `with` block before",
                )
            _current = self
            self._undo.callback(leave)
            try:
                yield
            except BaseException:
                self._undo.close()
                raise

    def _start(self, api: Any, start: datetime, tick: bool, real: tuple[str, ...]) -> None:
        freezing = api.freeze_time(
            start, tick=tick, ignore=list(real), real_asyncio="asyncio" in sys.modules
        )
        self._undo.enter_context(by_caller(api))
        self._factory = freezing.start()
        self._undo.callback(end, freezing)
        if self._clock is not None:
            self._undo.callback(self._clock.follow(self._show))

    def _shown(self) -> datetime:
        if self._factory is None:
            raise ClockError(
                "time is not frozen any more: this one has ended",
                hint="freeze it again, or use it inside of its `with` block or its test",
            )
        return moment(self._factory().isoformat() + "Z")

    def _show(self, at: datetime) -> None:
        self._factory.move_to(at)


def end(freezing: Any) -> None:
    """Undo what freezegun did, also in modules that were first imported meanwhile."""
    freezing.ignore = ()  # it would leave the fake types in those that see the real time
    freezing.stop()


def leave() -> None:
    """Let another freeze the time."""
    global _current
    _current = None


@contextmanager
def by_caller(api: Any) -> Iterator[None]:
    """Let a module see the real time, or not, by its own name alone.

    freezegun looks at five callers, of which one is the adapter that runs the test, or
    `threading`: tests and threads of the user would see the real time.
    """
    before = api.call_stack_inspection_limit
    api.call_stack_inspection_limit = 1
    try:
        yield
    finally:
        api.call_stack_inspection_limit = before


def checked(real: Iterable[str]) -> tuple[str, ...]:
    """Return names of modules.

    Raises:
        ClockError: It is one text.
    """
    if isinstance(real, str):
        raise ClockError(f"real={real!r} is no list of modules", hint=f"write real=[{real!r}]")
    return tuple(real)
