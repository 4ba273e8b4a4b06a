"""Measuring how often something fails, with the machine busy or at rest."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass

from harness.core import realtime as time
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
    """

    def __init__(self, pool: Pool, load: Load) -> None:
        self.pool = pool
        self.load = load

    def tally(self, runs: Sequence[Run], times: int, *, pressed: bool = False) -> Tally:
        """Return how often the last of some runs fails, each time in a process of its own."""
        return self.of_each([runs] * times, pressed=pressed)

    def of_each(self, many: Iterable[Sequence[Run]], *, pressed: bool = False) -> Tally:
        """Return how often the last of some runs fails, each of them in a process of its own."""
        trials = (Trial(tuple(runs), pressed=pressed) for runs in many)
        failed = [verdict.failed for verdict in self._verdicts(trials, pressed)]
        return Tally(sum(failed), len(failed))

    def fails(self, runs: Sequence[Run], times: int, *, pressed: bool = False) -> bool:
        """Return whether the last of some runs fails once in so many times."""
        trials = itertools.repeat(Trial(tuple(runs), pressed=pressed), times)
        with closing(self._verdicts(trials, pressed)) as verdicts:
            return any(verdict.failed for verdict in verdicts)

    def often(self, runs: Iterator[Run], each: int, seconds: float) -> Tally:
        """Return how often runs fail, many of them in one process, under load if there is any.

        Args:
            runs: The runs.
            each: How many in one process.
            seconds: How long to go on at most.
        """
        pressed = bool(self.load)
        batches = iter(lambda: tuple(itertools.islice(runs, each)), ())
        trials = (Trial(batch, pressed=pressed) for batch in batches)
        tally, limit = Tally(0, 0), time.monotonic() + seconds
        for verdict in self._verdicts(trials, pressed, limit):
            tally += Tally(len({failure.at for failure in verdict.failures}), verdict.begun)
        return tally

    def _verdicts(
        self, trials: Iterable[Trial], pressed: bool, limit: float | None = None
    ) -> Generator[Verdict, None, None]:
        with self.load if pressed else nullcontext():
            yield from self.pool.run(trials, deadline=limit)
