"""What to do about a dependency that fails: try again, and, when that is no use, leave it alone."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from shop.clock import Clock
from shop.errors import UnavailableError

T = TypeVar("T")

log = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2.0)  # seconds between the tries


def retry(
    function: Callable[[], T],
    *,
    on: type[Exception],
    clock: Clock,
    pauses: Sequence[float] = PAUSES,
) -> T:
    """Call a function again after each pause, as long as it fails.

    The outcome of a try that failed may be unknown: only its answer was lost, perhaps. So the
    function must do no harm when it has been done already.

    Args:
        function: What is tried.
        on: The error after which another try may help.
        clock: What the pauses are spent on.
        pauses: Seconds between the tries, of which there is one more.
    """
    for pause in pauses:
        try:
            return function()
        except on as error:
            log.info("%s; next try in %s s", error, pause)
            clock.sleep(pause)
    return function()


class BreakerOpenError(UnavailableError):
    """It has failed so often of late that it is not even asked."""


class CircuitBreaker:
    """Leaves a dependency alone for a while when it has failed several times in a row.

    Args:
        name: What it is, for people.
        clock: What the while is measured on.
        failures: How many in a row open it.
        reset: Seconds after which one call is let through, to see.
    """

    def __init__(self, name: str, clock: Clock, *, failures: int = 3, reset: float = 60.0) -> None:
        self._name = name
        self._clock = clock
        self._most = failures
        self._reset = reset
        self._failures = 0
        self._opened = 0.0

    def call(self, function: Callable[[], T]) -> T:
        """Call a function, unless those before it have failed.

        Raises:
            BreakerOpenError: They have, and not long enough ago.
        """
        self._check()
        try:
            result = function()
        except UnavailableError:
            self._failures += 1
            self._opened = self._clock.monotonic()
            raise
        self._failures = 0
        return result

    def _check(self) -> None:
        left = self._opened + self._reset - self._clock.monotonic()
        if self._failures >= self._most and left > 0:
            raise BreakerOpenError(f"{self._name} is not asked for another {left:.0f} s")
