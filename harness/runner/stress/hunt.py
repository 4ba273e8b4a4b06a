"""Repeating tests, each time with another seed, until one fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from harness.core import realtime as time
from harness.core.seed import derive
from harness.runner.ledger import UnitAccount
from harness.runner.options import SHUFFLE, Options
from harness.runner.plan import planned
from harness.runner.stress.laboratory import Laboratory
from harness.runner.stress.options import Terms
from harness.runner.stress.trial import Failure, Run, Trial, Verdict

SEEDS = 2**32


@dataclass
class Catch:
    """What came of it.

    Attributes:
        passes: How many times the tests were run.
        begun: How many tests that were.
        seconds: How long that took.
        verdict: Of the process in which a test has failed; None if none has.
        skipped: How many tests were skipped.
        reasons: Why.
    """

    passes: int = 0
    begun: int = 0
    seconds: float = 0.0
    verdict: Verdict | None = None
    skipped: int = 0
    reasons: set[str] = field(default_factory=set)

    @property
    def failure(self) -> Failure:
        """What has failed first."""
        assert self.verdict is not None
        return min(self.verdict.failures, key=lambda failure: failure.at)

    @property
    def before(self) -> tuple[Run, ...]:
        """What ran before it in its process."""
        assert self.verdict is not None
        return self.verdict.trial.runs[: self.failure.at]

    @property
    def run(self) -> Run:
        """The run that has failed."""
        assert self.verdict is not None
        return self.verdict.trial.runs[self.failure.at]


def seeds(master: int) -> Iterator[int]:
    """Yield the seeds of one pass after another, which follow from one.

    Example:
        >>> first, second = itertools.islice(seeds(7), 2)
        >>> first == next(seeds(7)), first == second
        (True, False)
    """
    return (derive(master, "stress", str(number)) % SEEDS for number in itertools.count())


def in_order(units: Sequence[UnitAccount]) -> Callable[[int], list[str]]:
    """Return what orders tests by a seed: as `harness run --order shuffle --seed N` does it."""

    def ordered(seed: int) -> list[str]:
        works = planned(units, Options(seed=seed, order=SHUFFLE))
        return [name for work in works for name in work.tests]

    return ordered


def trials(
    order: Callable[[int], Sequence[str]], given: Iterator[int], terms: Terms, pressed: bool
) -> Iterator[Trial]:
    """Yield what each process is to do.

    Args:
        order: Returns the tests in the order of a seed.
        given: A seed for each time that they are run.
        terms: How long to go on.
        pressed: Whether under load.
    """
    left = itertools.islice(given, terms.runs)
    while batch := list(itertools.islice(left, terms.each)):
        runs = tuple(Run(name, seed) for seed in batch for name in order(seed))
        yield Trial(runs, stops=True, pressed=pressed)


def hunt(
    laboratory: Laboratory, units: Sequence[UnitAccount], given: Iterator[int], terms: Terms
) -> Catch:
    """Repeat tests until one fails, or it has been long enough.

    Args:
        laboratory: Where; under load, if it has one.
        units: The tests.
        given: A seed for each time that they are run.
        terms: How long to go on.
    """
    catch, began = Catch(), time.monotonic()
    deadline = None if terms.seconds is None else began + terms.seconds
    work = trials(in_order(units), given, terms, bool(laboratory.load))
    with laboratory.load, closing(laboratory.pool.run(work, deadline=deadline)) as verdicts:
        for verdict in verdicts:
            catch.begun += verdict.begun
            catch.skipped += len(verdict.skipped)
            catch.reasons.update(verdict.skipped.values())
            if verdict.skipped and len(verdict.skipped) >= verdict.begun:
                break  # fixtures skip tests that have not begun
            if verdict.failures:
                catch.verdict = verdict
                break
    catch.seconds = time.monotonic() - began
    tests = sum(len(unit.tests) for unit in units)
    catch.passes = max(-(-catch.begun // tests), int(catch.verdict is not None))
    return catch
