"""Finding what has to run before a test for it to fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.runner.stress.chance import by_chance, tries_for
from harness.runner.stress.laboratory import Laboratory, Tally
from harness.runner.stress.minimize import minimized
from harness.runner.stress.trial import Run

TIMES = 10  # that something is repeated to learn how often it fails
MORE = 30  # times more, where some have failed and some have not
DOUBT = 0.01  # how probable it may be that a failure is missed, or is seen by chance
MOST = 100  # repeats of one part of what ran before


@dataclass(frozen=True)
class Culprits:
    """What has to run before a test for it to fail.

    Attributes:
        runs: The smallest part of what ran before that is needed.
        after: How often the test fails after it.
        times: How often each smaller part was tried.
        doubt: How probable it is that one of them is not needed, and seemed to be.
    """

    runs: tuple[Run, ...]
    after: Tally
    times: int
    doubt: float


class Search:
    """Finds what has to run before a test for it to fail.

    Args:
        laboratory: Where.
        run: The test, with its seed.
        pressed: Whether under load.
        say: Is told how far it is.
    """

    def __init__(
        self, laboratory: Laboratory, run: Run, pressed: bool, say: Callable[[str], object]
    ) -> None:
        self._laboratory = laboratory
        self._run = run
        self._pressed = pressed
        self._say = say

    def tally(self, before: Sequence[Run]) -> Tally:
        """Return how often it fails after these; it is looked at longer where that is not clear."""
        tally = self._tally(before, TIMES)
        return tally + self._tally(before, MORE) if 0 < tally.failed < TIMES else tally

    def _tally(self, before: Sequence[Run], times: int) -> Tally:
        return self._laboratory.tally([*before, self._run], times, pressed=self._pressed)

    def more_often(self, after: Tally, without: Tally) -> bool:
        """Return whether one rate is higher than the other, and not by chance."""
        return bool(after.failed) and by_chance(after.failed, after.runs, without.rate) < DOUBT

    def among(self, before: Sequence[Run], after: Tally) -> Culprits:
        """Return the smallest part of what ran before that is needed.

        Args:
            before: What ran before, after which it fails.
            after: How often it does.
        """
        times = min(MOST, tries_for(after.lowest, DOUBT))
        found = minimized(before, lambda part: self._fails(part, times))
        if len(found) < len(before):
            after = self.tally(found)
        missed = (1 - after.lowest) ** times
        return Culprits(tuple(found), after, times, min(1.0, missed * len(found)))

    def _fails(self, part: Sequence[Run], times: int) -> bool:
        fails = self._laboratory.fails([*part, self._run], times, pressed=self._pressed)
        if fails:
            self._say(f"  after {len(part)} of these it fails, too")
        return fails
