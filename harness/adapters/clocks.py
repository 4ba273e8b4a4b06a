"""The time in a test: a clock of its own, and the global one frozen."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from harness.errors import ClockError

if TYPE_CHECKING:
    from datetime import datetime
    from unittest import TestCase as Base

    from harness.testing.clock import FakeClock
    from harness.testing.freeze import Freeze
else:
    Base = object

__unittest = True  # frames of this module are left out of a failure's traceback

_making = threading.Lock()

# What a test may import at the first use: {when this is imported: those}.
TABLES = {
    "harness": (
        "harness.data.checks.evaluate",
        "harness.data.factories.conversion",
        "harness.data.making.given",
        "harness.data.making.sqlite",
        "harness.data.values.named",
        "harness.data.values.scales",
        "harness.testing.rows.checks",
    ),
    "harness.services.postgres.service": (
        "pg8000.dbapi",
        "psycopg",
        "harness.services.postgres.dialect",
    ),
    "harness.services.sqlite.service": ("sqlite3", "harness.services.sqlite.placeholders"),
    "sqlalchemy": ("sqlalchemy.dialects.postgresql",),
}


class TimeOfTest(Base):
    """What gives a test case its clock, and lets it freeze the time.

    Attributes:
        clock_start: What `clock` shows at the start of each test: a `datetime` with a time zone or
            such a text; None for noon UTC of 2025-01-15.
    """

    clock_start: ClassVar[datetime | str | None] = None
    _harness_clock: FakeClock | None = None
    _harness_freeze: Freeze | None = None
    _harness_in_test = False
    _harness_thread: threading.Thread | None = None
    _harness_task: object = None

    @functools.cached_property
    def clock(self) -> FakeClock:
        """This test's clock, which stands still until `advance()`: to hand to the code under test.

        Raises:
            ClockError: No test is running, or `clock_start` has no time zone.
        """
        from harness.testing.clock import START, FakeClock

        if not self._harness_in_test:
            raise outside("clock")
        with _making:  # threads of the test may ask at once
            if self._harness_clock is None:
                clock = FakeClock(START if self.clock_start is None else self.clock_start)
                clock.own(self._harness_task, self._harness_thread)
                self.addCleanup(clock.close, f"its test {self.id()} has ended")
                self._harness_clock = clock
        return self._harness_clock

    def freeze(
        self, at: datetime | str | FakeClock, *, tick: bool = False, real: Iterable[str] = ()
    ) -> Freeze:
        """Freeze the time that everybody reads: to the end of this test, or of a `with` block.

        Args:
            at: The instant: a `datetime` with a time zone or such a text in ISO format; or a clock
                such as `self.clock`, which the time shows and follows from then on.
            tick: Whether time runs on from there.
            real: Names of more modules that are to see the real time; one that ends with a dot
                means all below a package.

        Returns:
            What moves the time, and ends the freeze.

        Raises:
            ClockError: Time is frozen already, `at` has no time zone, or no test is running.
            MissingExtraError: freezegun is not installed.

        Example:
            ::

                frozen = self.freeze("2030-01-01T00:00Z")
                frozen.advance(hours=1)
        """
        from harness.testing.freeze import Freeze

        if not self._harness_in_test:
            raise outside("freeze()")
        import_tables()
        self._harness_freeze = freeze = Freeze(at, tick=tick, real=real)
        self.addCleanup(freeze.stop)
        return freeze

    def _harness_begin_time(self) -> None:
        self._harness_in_test = True
        self._harness_thread = threading.current_thread()

    def _harness_end_time(self) -> None:
        """End what clean-ups have not ended: `debug()` runs none of them after a failure."""
        self._harness_in_test = False
        self.__dict__.pop("clock", None)  # a second run of this instance has one of its own
        if self._harness_freeze is not None:
            self._harness_freeze.stop()
        if self._harness_clock is not None:
            self._harness_clock.close(f"its test {self.id()} has ended")
        self._harness_clock = self._harness_freeze = self._harness_task = None


def import_tables() -> None:
    """Import what keeps tables of types, while `datetime` is the real one.

    A driver that is first imported under a frozen time would know freezegun's type of a moment,
    and take a real one for something else for the rest of the process.
    """
    for needed, modules in TABLES.items():
        if needed in sys.modules:
            for module in modules:
                with suppress(ImportError):  # of an extra that is not installed
                    importlib.import_module(module)


def outside(what: str) -> ClockError:
    """Return the error for use outside of a test."""
    return ClockError(
        f"self.{what} is a test's own, and none is running",
        cause="it was called in setUpClass, or after the test",
        hint="make one with harness.testing.clock.FakeClock or harness.testing.freeze.Freeze",
    )


def owning(
    case: TimeOfTest, method: Callable[..., Awaitable[Any]], task: Callable[[], object]
) -> Callable[..., Awaitable[Any]]:
    """Return a coroutine function of a test that makes its task the owner of the test's clock.

    Args:
        case: The test.
        method: The function.
        task: Returns the task that runs.
    """

    @functools.wraps(method)
    async def run(*arguments: Any) -> Any:
        case._harness_task = task()
        if case._harness_clock is not None:
            case._harness_clock.own()
        return await method(*arguments)

    return run
