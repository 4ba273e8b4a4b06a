"""What it takes for a test to fail that has failed once in a great many runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.runner.selection import Selection
from harness.runner.stress import words
from harness.runner.stress.culprits import TIMES, Search
from harness.runner.stress.hunt import Catch
from harness.runner.stress.laboratory import Laboratory, Tally
from harness.runner.stress.trial import Run


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
            self._say(
                f"that run could not be repeated in {self._laboratory.trials} tries: chance "
                "decides, such as time, the order of threads, or what is outside the process"
            )

    def _alone(self) -> bool:
        alone = self._search(pressed=False).tally(())
        self._say(words.measured(f"alone, with its seed, {words.EACH}", alone))
        self._conclude(alone, "the seed decides")
        if alone.failed:
            self._say(f"repeat with: {words.command(self._selection, (), self._catch.run)}")
        return bool(alone.failed)

    def _under_load(self) -> bool:
        if not self._laboratory.load:
            return False
        tally = self._search(pressed=True).tally(())
        self._say(words.measured("the same under load", tally))
        self._conclude(tally, "it takes a busy machine")
        if tally.failed:
            seed, test = self._catch.run.seed, self._catch.run.test
            self._say(f"repeat with: harness stress --seed {seed} --same-seed {test}")
        return bool(tally.failed)

    def _conclude(self, tally: Tally, decisive: str) -> None:
        if tally.failed == tally.runs:
            self._say(decisive)
        elif tally.failed:
            self._say(f"that is {tally.words}: chance decides, and not the seed alone")

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

    def _repeat_after(self, search: Search, before: Sequence[Run]) -> None:
        alike = words.of_one_seed(before, self._catch.run)
        if search.tally(alike).failed:
            self._say(f"repeat with: {words.command(self._selection, alike, self._catch.run)}")
        else:
            seeds = ", ".join(str(run.seed) for run in before)
            self._say(f"it takes these seeds before its own: {seeds}")

    def _search(self, *, pressed: bool) -> Search:
        return Search(self._laboratory, self._catch.run, pressed, self._say)
