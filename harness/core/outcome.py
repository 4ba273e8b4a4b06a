"""What came of the tries so far, and the message of those that all failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.core.probe import name_of, shortened
from harness.errors import render

__unittest = True  # frames of this module are left out of a failure's traceback

MISTAKES = (AttributeError, ImportError, NameError, SyntaxError, TypeError)
BLOCKING = 2  # tries, in the whole time: fewer could not be made


class Outcome:
    """The last value or exception of a probe, and how often it was tried.

    Args:
        probe: What is tried.
        within: Seconds that it is given.

    Attributes:
        count: How many tries were begun.
        longest: Seconds that the longest took.
        cut: What the last one ended with, if it was cancelled at the deadline.
    """

    def __init__(self, probe: Callable[[], Any], within: float) -> None:
        self.count = 0
        self.longest = 0.0
        self.cut: BaseException | None = None
        self._probe = probe
        self._within = within
        self._error: Exception | None = None
        self._value: object = None

    def returned(self, value: object) -> None:
        """Keep what the last try returned."""
        self._error, self._value = None, value

    def raised(self, error: Exception) -> None:
        """Keep what the last try raised."""
        self._error, self._value = error, None

    def failure(self, waited: float, make: Callable[[str], BaseException]) -> BaseException:
        """Return the exception to raise, from the last one; forget that, for it holds frames."""
        failure = make(self.message(waited))
        failure.__cause__ = self._error if self.cut is None else self.cut
        self._error = self.cut = None
        return failure

    def message(self, waited: float) -> str:
        """Say how long and how often it was tried, what came of it, why, and what to do."""
        cause, hint = self._advice()
        return render(
            f"the probe {name_of(self._probe)} did not succeed within {self._within:g} s",
            cause,
            hint,
            self._story(waited),
        )

    def _story(self, waited: float) -> str:
        tries = f"{self.count} {'try' if self.count == 1 else 'tries'} in {waited:.3g} s; "
        if self.cut is None:
            return f"{tries}the last {self._ending()}"
        before = f"; the one before {self._ending()}" if self.count > 1 else ""
        return f"{tries}the last still waited and was cancelled at the deadline{before}"

    def _ending(self) -> str:
        """Say how the last try ended that was not cancelled."""
        if self._error is None:
            return f"returned {shortened(self._value)}"
        return f"raised {type(self._error).__name__}: {shortened(self._error, str)}"

    def _advice(self) -> tuple[str, str]:
        """Return the likely cause and the next step."""
        more = f"within={max(2 * self._within, 1):g}"
        if self.cut is not None:
            return (
                "what the probe awaits takes longer than that, or never comes",
                f"see in the traceback what it awaited; where it is only slow, write {more}",
            )
        if isinstance(self._error, MISTAKES):
            return (
                f"a mistake in the probe itself, to go by the {type(self._error).__name__}",
                "see in the traceback where it was raised",
            )
        if self.longest > self._within and self.count <= BLOCKING:
            return (
                f"the probe blocks: one try took {self.longest:.3g} s",
                f"let the probe look once and return at once, or write {more}",
            )
        return (
            "what it waits for did not happen, or takes longer than that",
            f"look into the logs of the services; where they are only slow, write {more}",
        )
