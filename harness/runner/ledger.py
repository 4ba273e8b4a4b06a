"""The account of a run: every test that was discovered, and what became of it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from harness.runner.kinds import CRASHED, EXPECTED, FLAKY, MISSING, PASSED, RED, WORST
from harness.runner.times import Times as Times

if TYPE_CHECKING:
    from harness.runner.flakes.quarantine import Quarantined


class Outcome(NamedTuple):
    """One thing that was said of a test.

    Attributes:
        kind: What happened.
        text: The traceback, or the reason.
        part: The subtest, or the fixture, if it was one.
    """

    kind: str
    text: str = ""
    part: str = ""


def worst(kinds: Iterable[str]) -> str:
    """Return the worst of what was said; `MISSING` if nothing was.

    Example:
        >>> worst(["passed", "failed"])
        'failed'
    """
    found = set(kinds)
    return next((kind for kind in WORST if kind in found), MISSING)


def kind_of(outcomes: Sequence[Outcome]) -> str:
    """Return the worst of what was said, which mostly is one thing."""
    return outcomes[0].kind if len(outcomes) == 1 else worst(each.kind for each in outcomes)


def verdict(kinds: Collection[str]) -> str:
    """Return what all attempts of one round come to: one that failed and then passed is flaky.

    Example:
        >>> verdict({"failed", "passed"}), verdict({"failed", "skipped"})
        ('flaky', 'failed')
    """
    found = worst(kinds)
    excused = found in RED and found != CRASHED and not {PASSED, EXPECTED}.isdisjoint(kinds)
    return FLAKY if excused else found


class Attempt:
    """One time that a test was run.

    Args:
        round: Which time all tests were run, from 1.
        rerun: How many times it was run in this round before, and has failed.
        worker: Who ran it; None if nobody did.
        began: When, in seconds since 1970; None if it did not.
        times: How long it took; None if it did not end.
        outcomes: All that was said of it.
        output: What it printed, where that is kept back.
        files: What is kept of it in files.
    """

    __slots__ = ("began", "files", "outcomes", "output", "rerun", "round", "times", "worker")

    def __init__(
        self,
        round: int = 1,
        rerun: int = 0,
        worker: int | None = None,
        began: float | None = None,
        times: Times | None = None,
        outcomes: Iterable[Outcome] = (),
        output: str = "",
        files: tuple[str, ...] = (),
    ) -> None:
        self.round, self.rerun, self.worker = round, rerun, worker
        self.began, self.times = began, times
        self.outcomes = [*outcomes]
        self.output, self.files = output, files

    @property
    def reported(self) -> bool:
        """Whether it is known what became of it."""
        return bool(self.outcomes)

    @property
    def kind(self) -> str:
        """The worst that was said of it."""
        return kind_of(self.outcomes)

    @property
    def seconds(self) -> float:
        """How long it took; nothing if it did not end."""
        return sum(self.times) if self.times else 0.0


class Entry:
    """What became of one test.

    Args:
        name: Its name.
        unit: What it was run in.
        tier: `unit`, `integration` or `e2e`.
        due: How many times it is to be run.
        attempts: Each time that it was run.

    Attributes:
        quarantined: Why it does not make the run fail; None if it does.
    """

    __slots__ = ("_passes", "attempts", "due", "name", "quarantined", "tier", "unit")

    def __init__(
        self,
        name: str,
        unit: str,
        tier: str = "",
        due: int = 0,
        attempts: Iterable[Attempt] = (),
    ) -> None:
        self.name, self.unit, self.tier = name, unit, tier
        self.due = due
        self.attempts = [*attempts]
        self.quarantined: Quarantined | None = None
        self._passes = 0

    @property
    def gates(self) -> bool:
        """Whether the run fails if it does."""
        return self.quarantined is None

    @property
    def reported(self) -> bool:
        """Whether it is known what became of it, as often as it was due."""
        if len(self.attempts) == 1:
            return self.due <= bool(self.attempts[0].outcomes)
        return bool(self.attempts) and self.due <= self.tries

    @property
    def tries(self) -> int:
        """Of how many tries it is known what became of it; one may hold several attempts."""
        return len({(each.round, each.rerun) for each in self.attempts if each.reported})

    @property
    def kind(self) -> str:
        """The verdict: the worst of all rounds; flaky if it failed and passed in one of these.

        One that has ended its worker is not flaky, whatever came later, and none is that was
        skipped when it was run once more.
        """
        if len(self.attempts) == 1:
            return kind_of(self.attempts[0].outcomes)
        begin = self._skip_passes()
        passed = [PASSED] if begin else []
        return worst([*passed, *map(verdict, self._rounds(begin))])

    def _rounds(self, begin: int) -> Iterable[Collection[str]]:
        """Return what each try came to of each round, from an attempt on.

        One try may hold several attempts, as of a test that runs itself twice: its worst counts.
        """
        rounds: dict[int, dict[int, str]] = {}
        for attempt in self.attempts[begin:]:
            if attempt.reported:
                tries = rounds.setdefault(attempt.round, {})
                tries[attempt.rerun] = worst((attempt.kind, tries.get(attempt.rerun, PASSED)))
        return [tries.values() for tries in rounds.values()]

    def _skip_passes(self) -> int:
        """Return how many attempts have passed before any other: rounds that are all over.

        They are not counted anew: who repeats tests until one fails has thousands.
        """
        while self._passes < len(self.attempts) and self.attempts[self._passes].kind == PASSED:
            self._passes += 1
        return self._passes

    @property
    def seconds(self) -> float:
        """How long it took the last time; nothing if it did not end."""
        return self.attempts[-1].seconds if self.attempts else 0.0


class Sort(NamedTuple):
    """A sort of tests.

    Attributes:
        kind: What they have come to.
        reported: Whether it is known what became of them, as often as they were due.
        gates: Whether the run fails if they do.
    """

    kind: str
    reported: bool
    gates: bool


class UnitAccount:
    """What became of a unit.

    Args:
        key: Which one.
        tests: The names of its tests.
        facts: What else its worker has told of it.
        fixtures: How long its fixtures took, in seconds, each time that it was run.
    """

    def __init__(
        self,
        key: str,
        tests: tuple[str, ...],
        facts: Mapping[str, object] = MappingProxyType({}),
        fixtures: Iterable[float] = (),
    ) -> None:
        self.key, self.tests = key, tests
        self.facts, self.fixtures = {**facts}, [*fixtures]


class Ledger:
    """Every test that was discovered, and what became of it.

    Attributes:
        entries: By name, in the order in which they were discovered.
        numbered: The same in a list.
        found: All that were discovered, by number; a shard runs only its part.
        units: What they are run in, by key.
        chosen: The names of those that are to be run, by this run or by other shards of it.
        shares: What is the same in shards that share them out in the same way; None of no shard.
        fixtures: What was said of fixtures, and by which unit.
        notes: What there is to say of which tests are run.
        unreached: How many tests are not run because no change reaches them.
        tolerated: What is bad, and does not make the run fail.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.unreached = 0
        self.tolerated: frozenset[str] = frozenset()
        self.entries: dict[str, Entry] = {}
        self.numbered: list[Entry] = []
        self.found: list[Entry] = []
        self.units: dict[str, UnitAccount] = {}
        self.chosen: tuple[str, ...] = ()
        self.shares: str | None = None
        self.fixtures: list[tuple[str, Outcome]] = []
        self._census: Mapping[Sort, int] | None = None

    @property
    def discovered(self) -> int:
        """How many tests were discovered."""
        return len(self.found)

    def expect(self, unit: UnitAccount, due: Collection[str] | None = None) -> None:
        """Note tests that were discovered.

        Args:
            unit: What they are run in.
            due: The names of those that are to be run; all if None.
        """
        tiers = unit.facts.get("tiers", "")
        each = tiers if isinstance(tiers, list) else itertools.repeat(tiers)
        found = [Entry(name, unit.key, tier) for name, tier in zip(unit.tests, each)]  # noqa: B905
        self.found += found
        if due is not None:
            found = [entry for entry in found if entry.name in due]
            unit.tests = tuple(entry.name for entry in found)
        if found:
            self.units[unit.key] = unit
            self.entries.update((entry.name, entry) for entry in found)
            self.numbered += found

    def close(self) -> None:
        """Count what the run has come to, once for all who ask: nothing more is said."""
        self._census = self.census()

    def census(self) -> Mapping[Sort, int]:
        """Return how many tests there are of each sort."""
        if self._census is not None:
            return self._census
        found = Counter((each.kind, each.reported, each.gates) for each in self.numbered)
        return {Sort(*sort): number for sort, number in found.items()}

    def counts(self) -> Counter[str]:
        """Return how many tests have come to what, without those in quarantine."""
        found: Counter[str] = Counter()
        for sort, number in self.census().items():
            if sort.gates:
                found[sort.kind if sort.reported else MISSING] += number
        return found

    def count(self, *kinds: str) -> int:
        """Return how many tests have come to one of these."""
        counts = self.counts()
        return sum(counts[kind] for kind in kinds)

    def missing(self) -> list[Entry]:
        """Return the tests of which not all is known that should be."""
        if all(sort.reported for sort in self.census()):
            return []
        return [entry for entry in self.numbered if not entry.reported]

    def failed(self) -> list[Entry]:
        """Return the tests that have made the run fail."""
        bad = self.bad
        if not any(sort.gates and sort.kind in bad for sort in self.census()):
            return []
        return [entry for entry in self.numbered if entry.gates and entry.kind in bad]

    def waive(self) -> None:
        """Ask no more for what is known of a test than that: the run has ended as it should."""
        for entry in self.numbered:
            entry.due = min(entry.due, max(1, entry.tries))

    @property
    def bad(self) -> tuple[str, ...]:
        """What makes the run fail, if a test comes to it."""
        return tuple(kind for kind in RED if kind not in self.tolerated)

    @property
    def red(self) -> bool:
        """Whether anything has failed that makes the run fail."""
        return any(self.gates(unit) for unit, _ in self.broken()) or bool(self.failed())

    def broken(self) -> list[tuple[str, Outcome]]:
        """Return what was said of fixtures that have failed, or of tests that nobody knows."""
        return [(unit, outcome) for unit, outcome in self.fixtures if outcome.kind in RED]

    def gates(self, unit: str) -> bool:
        """Return whether the run fails if the fixtures of a unit do: not all are in quarantine."""
        tests = self.units[unit].tests
        return not tests or any(self.entries[name].gates for name in tests)

    def unit(self, key: str) -> UnitAccount:
        """Return what became of a unit; of one whose tests are not known, it is begun."""
        return self.units.setdefault(key, UnitAccount(key, ()))

    def set_apart(self, tests: Mapping[str, Quarantined]) -> None:
        """Take note of which tests are in quarantine."""
        for name, quarantined in tests.items():
            if name in self.entries:
                self.entries[name].quarantined = quarantined
