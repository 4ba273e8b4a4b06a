"""Measuring how often something fails, with the machine busy or at rest."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from harness.runner.stress.chance import interval, percent
from harness.runner.stress.load import Load
from harness.runner.stress.pool import Pool
from harness.runner.stress.trial import Run, Trial, Verdict


@dataclass(frozen=True)
class Tally:
    """How many of some runs have failed.

    Example:
        >>> print(Tally(2, 10))
        2 of 10
    """

    failed: int
    runs: int

    def __str__(self) -> str:
        return f"{self.failed} of {self.runs}"

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.failed + other.failed, self.runs + other.runs)

    @property
    def rate(self) -> float:
        """The rate that is likely, also where none has failed: Laplace's rule of succession."""
        return (self.failed + 1) / (self.runs + 2)

    @property
    def lowest(self) -> float:
        """The lowest rate that is likely."""
        return interval(self.failed, self.runs)[0]

    @property
    def words(self) -> str:
        """The rate, for people."""
        low, high = interval(self.failed, self.runs)
        rate = percent(self.failed / self.runs)
        return f"{rate}; with 95 % between {percent(low)} and {percent(high)}"


class Laboratory:
    """Has trials repeated.

    Args:
        pool: Where.
        load: What keeps the machine busy meanwhile, where it is to be.

    Attributes:
        trials: How many there were.
    """

    def __init__(self, pool: Pool, load: Load) -> None:
        self.pool = pool
        self.load = load
        self.trials = 0

    def tally(self, runs: Sequence[Run], times: int, *, pressed: bool = False) -> Tally:
        """Return how often the last of some runs fails, each time in a process of its own."""
        failed = sum(verdict.failed for verdict in self._repeated(runs, times, pressed))
        return Tally(failed, times)

    def fails(self, runs: Sequence[Run], times: int, *, pressed: bool = False) -> bool:
        """Return whether the last of some runs fails once in so many times."""
        with closing(self._repeated(runs, times, pressed)) as verdicts:
            return any(verdict.failed for verdict in verdicts)

    def _repeated(
        self, runs: Sequence[Run], times: int, pressed: bool
    ) -> Generator[Verdict, None, None]:
        trials = itertools.repeat(Trial(tuple(runs), pressed=pressed), times)
        if not pressed:
            yield from self._counted(self.pool.run(trials))
            return
        with self.load:
            yield from self._counted(self.pool.run(trials))

    def _counted(self, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
        for verdict in verdicts:
            self.trials += 1
            yield verdict
