"""What it takes for a test to fail that has failed once in a great many runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from harness.core.seed import derive
from harness.runner.selection import Selection
from harness.runner.stress import words
from harness.runner.stress.culprits import TIMES, Search
from harness.runner.stress.hunt import SEEDS, Catch, seeds
from harness.runner.stress.laboratory import Laboratory, Tally
from harness.runner.stress.options import EACH
from harness.runner.stress.trial import Run

MORE = 3  # times as many runs, and as long, as it took, to learn how often it fails by chance
LEAST_RUNS, LEAST_SECONDS = 1000, 3.0


class Inquiry:
    """Repeats a run that has failed: alone, under load, and after what ran before it.

    Args:
        laboratory: Where.
        catch: What has failed.
        selection: How its test is found again.
        say: Is told what is found.
    """

    def __init__(
        self,
        laboratory: Laboratory,
        catch: Catch,
        selection: Selection,
        say: Callable[[str], object],
    ) -> None:
        self._laboratory = laboratory
        self._catch = catch
        self._selection = selection
        self._say = say

    def run(self) -> None:
        """Say what it takes, as soon as it is known."""
        if not (self._alone() or self._under_load() or self._after_others()):
            self._by_chance()

    def _alone(self) -> bool:
        alone = self._search(pressed=False).tally(())
        self._say(words.measured(f"alone, with its seed, {words.EACH}", alone))
        if not alone.failed:
            return False
        given = itertools.islice(self._seeds(), TIMES)
        others = self._laboratory.of_each([self._catch.run._replace(seed=seed)] for seed in given)
        self._say(words.measured("alone, with other seeds", others))
        self._say(words.of_seeds(alone, others))
        self._say(f"repeat with: {words.command(self._selection, (), self._catch.run)}")
        return True

    def _seeds(self) -> Iterator[int]:
        """Return seeds that were not used so far."""
        return (derive(seed, "others") % SEEDS for seed in seeds(self._catch.run.seed))

    def _under_load(self) -> bool:
        if not self._laboratory.load:
            return False
        tally = self._search(pressed=True).tally(())
        self._say(words.measured("the same under load", tally))
        if tally.failed:
            self._say("it takes a busy machine")
            self._say(f"repeat with: {words.stress_command(self._selection, self._catch.run)}")
        return bool(tally.failed)

    def _after_others(self) -> bool:
        """Say what has to run before it; return whether that is known."""
        before = self._catch.before
        if not before:
            return False
        search = self._search(pressed=bool(self._laboratory.load))
        after = search.tally(before)
        self._say(words.measured(f"after the {len(before)} runs before it in its process", after))
        if not search.more_often(after, Tally(0, TIMES)):
            return False
        culprits = search.among(before, after)
        self._say(words.listed(culprits, self._catch.run.test))
        self._repeat_after(search, culprits.runs)
        return True

    def _by_chance(self) -> None:
        """Say how often it fails, where nothing else can be said."""
        run, passes = self._catch.run, self._catch.passes
        given = itertools.islice(self._seeds(), max(LEAST_RUNS, MORE * passes))
        seconds = max(LEAST_SECONDS, MORE * self._catch.seconds)
        tally = self._laboratory.often((run._replace(seed=seed) for seed in given), EACH, seconds)
        self._say(words.measured("with other seeds, many in one process", tally))
        self._say(words.of_chance(tally))
        self._say(f"repeat with: {words.stress_command(self._selection, run)}")

    def _repeat_after(self, search: Search, before: Sequence[Run]) -> None:
        alike = words.of_one_seed(before, self._catch.run)
        if search.tally(alike).failed:
            self._say(f"repeat with: {words.command(self._selection, alike, self._catch.run)}")
        else:
            seeds = ", ".join(str(run.seed) for run in before)
            self._say(f"it takes these seeds before its own: {seeds}")

    def _search(self, *, pressed: bool) -> Search:
        return Search(self._laboratory, self._catch.run, pressed, self._say)
