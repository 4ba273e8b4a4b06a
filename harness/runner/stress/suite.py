"""Finding which tests of its suite make a test fail."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from harness.core import realtime as time
from harness.core.seed import derive
from harness.runner.kinds import CRASHED
from harness.runner.ledger import UnitAccount
from harness.runner.plan import classes_of, shuffled
from harness.runner.selection import Selection
from harness.runner.stress import words
from harness.runner.stress.culprits import Search
from harness.runner.stress.hunt import seeds
from harness.runner.stress.laboratory import Laboratory
from harness.runner.stress.options import Terms
from harness.runner.stress.trial import Run, Trial, Verdict

TRIES = 3  # of an order of tests that is not left to chance


class Suite:
    """A test among those that it is run with.

    Args:
        units: All units, in order.
        test: The test.

    Attributes:
        left_out: Other tests that are not run.
    """

    def __init__(self, units: Sequence[UnitAccount], test: str) -> None:
        self._others = [list(unit.tests) for unit in units if test not in unit.tests]
        self._own = next(list(unit.tests) for unit in units if test in unit.tests)
        at = next(number for number, unit in enumerate(units) if test in unit.tests)
        self._first = [list(unit.tests) for unit in units[:at]]
        self._kind_of = classes_of(units)
        self._test = test
        self.left_out: set[str] = set()

    def before(self) -> list[str]:
        """Return the tests before it, as they are discovered."""
        mates = self._own[: self._own.index(self._test)]
        return [*itertools.chain.from_iterable(self._first), *mates]

    def all(self) -> list[str]:
        """Return all other tests; those of its class last, as classes are run as a whole."""
        mates = [name for name in self._own if name != self._test]
        return [*itertools.chain.from_iterable(self._others), *mates]

    def shuffled(self, seed: int) -> list[str]:
        """Return all other tests in an order of their own; those of its class last."""
        rng = random.Random(derive(seed, "order"))
        units = [list(shuffled(names, rng, self._kind_of)) for names in self._others]
        rng.shuffle(units)
        mates = [name for name in shuffled(self._own, rng, self._kind_of) if name != self._test]
        return [*itertools.chain.from_iterable(units), *mates]

    def trials(self, master: int, pressed: bool) -> Iterator[Trial]:
        """Yield what may make it fail: one order after another, without an end."""
        plain = [(self.before(), master)] * TRIES + [(self.all(), master)] * TRIES
        orders = ((self.shuffled(seed), seed) for seed in seeds(master))
        for names, seed in itertools.chain(plain, orders):
            kept = (name for name in names if name not in self.left_out)
            yield Trial(tuple(Run(name, seed) for name in (*kept, self._test)), pressed=pressed)


class Polluters:
    """Finds which tests of its suite make a test fail.

    Args:
        laboratory: Where.
        selection: How its tests are found again.
        say: Is told what is found.
    """

    def __init__(
        self, laboratory: Laboratory, selection: Selection, say: Callable[[str], object]
    ) -> None:
        self._laboratory = laboratory
        self._selection = selection
        self._say = say
        self._pressed = bool(laboratory.load)

    def find(self, suite: Suite, test: str, master: int, terms: Terms) -> bool | None:
        """Say which tests make it fail; return whether it fails at all; None if that is not known.

        Args:
            suite: The tests.
            test: Which one fails after others.
            master: What all seeds follow from.
            terms: How long to look for an order in which it fails.
        """
        search = self._search(Run(test, master))
        alone = search.tally(())
        self._say(words.measured(f"alone, {words.EACH}", alone))
        if alone.failed:
            self._say("it takes no other tests: leave out --in-suite")
            return True
        verdict, tried = self._first(suite, master, terms)
        if verdict is None:
            self._say(words.never_after(tried) if tried else words.NONE_WHOLE)
            return False if tried else None
        self._tell(verdict)
        self._explain(verdict.trial.runs)
        return True

    def _first(self, suite: Suite, master: int, terms: Terms) -> tuple[Verdict | None, int]:
        """Return the first trial in which it fails, and how many there were."""
        limit = None if terms.seconds is None else time.monotonic() + terms.seconds
        some = itertools.islice(suite.trials(master, self._pressed), terms.runs)
        tried = 0
        pool, load = self._laboratory.pool, self._laboratory.load
        with load, closing(pool.run(some, deadline=limit)) as verdicts:
            for verdict in verdicts:
                tried += verdict.begun == len(verdict.trial.runs)
                if verdict.failed:
                    return verdict, tried
                self._leave_out(suite, verdict)
        return None, tried

    def _leave_out(self, suite: Suite, verdict: Verdict) -> None:
        """Go on without a test that has ended the process before the one that matters."""
        for failure in verdict.failures:
            name = verdict.trial.runs[failure.at].test
            if failure.kind == CRASHED and name not in suite.left_out:
                suite.left_out.add(name)
                self._say(f"{name} is left out: {failure.text}")

    def _tell(self, verdict: Verdict) -> None:
        failure = verdict.failures[-1]
        run, text = verdict.trial.runs[failure.at], failure.text.rstrip()
        self._say(f"{failure.kind.upper()}: {run.test}\n{text}\n")

    def _explain(self, runs: Sequence[Run]) -> None:
        *before, run = runs
        search = self._search(run)
        alone, after = search.tally(()), search.tally(before)
        self._say(words.measured(f"after {len(before)} others, with the seed {run.seed}", after))
        if not search.more_often(after, alone):
            self._say(f"alone, with the same seed: {alone}; so it is chance, and not the others")
            return
        culprits = search.among(before, after)
        self._say(words.listed(culprits, run.test))
        self._say(f"repeat with: {words.command(self._selection, culprits.runs, run)}")

    def _search(self, run: Run) -> Search:
        return Search(self._laboratory, run, self._pressed, self._say)
