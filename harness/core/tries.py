"""Trying again until something succeeds: the clock, the pauses and the last outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from harness.core import realtime as time
from harness.core.outcome import Outcome
from harness.core.pauses import pause
from harness.core.probe import check_probe, check_seconds, refuse_awaitable
from harness.errors import (
    CapabilityError,
    ConfigurationError,
    LeaseError,
    MigrationError,
    MissingExtraError,
    NotALeaseError,
    StartError,
    UnavailableError,
)

__unittest = True  # frames of this module are left out of a failure's traceback

WITHIN = 5.0
SHORTEST_PAUSE = 0.001
LONGEST_PAUSE = 0.1
PAUSE_SHARE = 0.1  # of the time waited so far: the most that a pause adds to it
WATCH_SHARE = 0.05  # of the time: the most that is spent on watching
GRACE = 0.1  # seconds that a try has at least which begins at the deadline

# What another try does not change. A death may be changed: by whoever killed it, in order to start
# it again; of others the watch knows.
FINAL = (
    CapabilityError,
    ConfigurationError,
    LeaseError,
    MigrationError,
    MissingExtraError,
    NotALeaseError,
    StartError,
    UnavailableError,
)


def anything(value: object) -> bool:
    """Take whatever the probe returns for success."""
    return True


def holds(value: object) -> bool:
    """Take what is true for success, and None: a probe made of assertions returns it."""
    return value is None or bool(value)


def nothing() -> None:
    """Watch nothing."""


class CutShort(Exception):  # noqa: N818 - never seen outside
    """A try was cancelled at the deadline."""


@dataclass(frozen=True)
class Terms:
    """How long and how often to try, and what counts.

    Attributes:
        within: Seconds after which to give up; there is always one try at their end.
        every: The longest pause between two tries, in seconds; None for one that grows with the
            time waited, to 0.1 s at most. The first pauses are shorter in any case.
        succeeds: Tells from what the probe returned whether that is success.
        through: Exceptions that end the waiting, such as `unittest.SkipTest`.
        watch: Called between tries; raises where trying again makes no sense.
        failure: Makes the exception to raise in the end, from its message.
    """

    within: float = WITHIN
    every: float | None = None
    succeeds: Callable[[Any], bool] = holds
    through: tuple[type[Exception], ...] = ()
    watch: Callable[[], object] = nothing
    failure: Callable[[str], BaseException] = AssertionError

    def __post_init__(self) -> None:
        check_seconds("within", self.within, allow_zero=True)
        if self.every is not None:
            check_seconds("every", self.every, allow_zero=False)


def retry(probe: Callable[[], Any], terms: Terms) -> Any:
    """Call a probe until it succeeds, and return what it returned.

    Raises:
        AssertionError: The time is over; or what `terms.failure` makes. It tells the last outcome,
            and is raised from the last exception.
        ServiceDiedError: As `terms.watch` says.
        ConfigurationError: The probe cannot be called, or is to be awaited.
    """
    tries = Tries(probe, terms)
    while True:
        with tries:
            tries.take(refuse_awaitable(probe()))
        if tries.succeeded:
            return tries.value
        tries.look()
        time.sleep(tries.pause())


class Tries:
    """The tries of one wait: what came of the last, how long to pause, when to give up.

    It neither calls the probe nor sleeps, so that it serves plain code and coroutines alike. A try
    is made within it, as a context manager.

    Args:
        probe: What is tried.
        terms: How long and how often.
    """

    def __init__(self, probe: Callable[[], Any], terms: Terms) -> None:
        check_probe(probe)
        self.terms = terms
        self.succeeded = False
        self.value: Any = None
        self._outcome = Outcome(probe, terms.within)
        self._start = time.monotonic()
        self._deadline = self._start + terms.within
        self._watch_at = self._start
        self._began = self._start
        self._last = False
        self._final: tuple[type[Exception], ...] = (*FINAL, *terms.through)

    def __enter__(self) -> None:
        """Begin a try."""
        self._began = time.monotonic()
        self._last = self._began >= self._deadline
        self._outcome.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """End a try: an exception that another try may change is kept, every other goes on."""
        self._outcome.longest = max(self._outcome.longest, time.monotonic() - self._began)
        if isinstance(error, CutShort):
            self._last = True
            self._outcome.cut = error.__cause__
        elif isinstance(error, Exception) and not isinstance(error, self._final):
            self._outcome.raised(error)
        else:
            return False
        return True

    def take(self, value: Any) -> None:
        """Take what the probe returned."""
        self.succeeded = self.terms.succeeds(value)
        self.value = value
        self._outcome.returned(value)

    def allowance(self) -> float:
        """Return how many seconds the present try may last: to the deadline.

        One that begins near it has as long as those before it took, or it could never succeed.
        """
        usual = min(2 * self._outcome.longest, self.terms.within / 2)
        rest = GRACE if self._last else self._deadline - time.monotonic()
        return max(usual, rest)

    @property
    def must_look(self) -> bool:
        """Whether to look now: seldom where looking takes long, and always in the end."""
        if self.terms.watch is nothing:
            return False
        return self._last or time.monotonic() >= self._watch_at

    def look(self) -> None:
        """Raise what the watch raises, unless it was asked only just now."""
        if self.must_look:
            began = time.monotonic()
            self.terms.watch()
            ended = time.monotonic()
            self._watch_at = ended + (ended - began) / WATCH_SHARE

    def pause(self) -> float:
        """Return the seconds to pause before the next try.

        Raises:
            AssertionError: There is none: that was the last; or what `terms.failure` makes.
        """
        now = time.monotonic()
        if self._last:
            raise self._outcome.failure(now - self._start, self.terms.failure)
        longest = LONGEST_PAUSE if self.terms.every is None else self.terms.every
        growing = pause(now - self._start, SHORTEST_PAUSE, longest, PAUSE_SHARE)
        return max(0.0, min(growing, self._deadline - now))
