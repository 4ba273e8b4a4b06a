"""What flaky tests, and those in quarantine, make of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core.nearest import nearest
from harness.errors import HistoryError
from harness.report.summary import counted
from harness.runner.flakes.findings import Findings
from harness.runner.flakes.quarantine import Quarantine
from harness.runner.kinds import FLAKY, GREEN, RED, SKIPPED
from harness.runner.ledger import Entry, Ledger
from harness.runner.options import ONLY, RUN, SKIP, Options
from harness.runner.selection import Selection

PASS = "pass"  # the setting with which a run may have flaky tests


@dataclass(frozen=True)
class Budget:
    """How many tests may be flaky.

    Attributes:
        share: Of all test runs.
        runs: How many test runs there were, in this run or in the last ones.
        flaky: How many of them were flaky.

    Example:
        >>> Budget(0.005, 100, 1).exceeded, Budget(0.005, 399, 2).exceeded
        (False, True)
    """

    share: float
    runs: int
    flaky: int

    @property
    def room(self) -> int:
        """How many may be flaky: if any at all, then one, also where that is more than the share.

        Otherwise a suite of less than 200 tests would have none, with the share as it is mostly.
        """
        room = int(round(self.share * self.runs, 6))  # 0.29 * 100 is a little less than 29
        return max(1, room) if self.share else 0

    @property
    def exceeded(self) -> bool:
        """Whether there are too many."""
        return self.flaky > self.room

    def __str__(self) -> str:
        share = f"{self.flaky} of {self.runs} test runs are flaky"
        return f"over budget: {share}, and {self.room} may be ({100 * self.share:g} %)"


def budget_of(ledger: Ledger, share: float, before: tuple[int, int] = (0, 0)) -> Budget:
    """Return how many tests of a run are flaky, of those that gate.

    Args:
        ledger: The account of the run.
        share: How many may be.
        before: Test runs of the runs before that count too, and how many were flaky.
    """
    ran = [entry for entry in ledger.numbered if entry.gates and ran_at_all(entry)]
    flaky = sum(entry.kind == FLAKY for entry in ran)
    return Budget(share, len(ran) + before[0], flaky + before[1])


def ran_at_all(entry: Entry) -> bool:
    """Return whether a test has run: one that was skipped has not."""
    return entry.reported and entry.kind != SKIPPED


def complaints(quarantine: Quarantine, ledger: Ledger, options: Options) -> list[str]:
    """Return why a quarantine makes a run fail: entries that are over, or of no test."""
    found = [
        f"{quarantine.place}: {each.test} is in quarantine no more: it was until {each.expires}, "
        f"{counted(each.days_over(quarantine.today), 'day')} ago ({each.owner}, {each.ticket})"
        for each in quarantine.expired
    ]
    names = {entry.name for entry in ledger.found}
    unknown = unknown_tests(quarantine, names, options)
    return found + [f"{quarantine.place}: {line}" for line in unknown]


def found_in(ledger: Ledger, options: Options, history: Path | None = None) -> Findings:
    """Return what there is to say of flaky tests, and those in quarantine.

    Args:
        ledger: The account of the run.
        options: How it was to be.
        history: The file of earlier runs; None if there is none.
    """
    quarantine = options.quarantine or Quarantine()
    lines = [*tolerated(ledger), *report(quarantine, ledger)]
    before = (0, 0)
    try:
        if history is not None:
            before, said = known(ledger, history)
            lines += said
    except HistoryError as error:
        lines.append(f"{error.line}: earlier runs do not count")
    wrong = complaints(quarantine, ledger, options)
    budget = budget_of(ledger, options.flake_budget, before)
    over = options.flaky == PASS and ledger.count(FLAKY) and budget.exceeded
    return Findings(tuple(lines), tuple(wrong), str(budget) if over else "")


def known(ledger: Ledger, history: Path) -> tuple[tuple[int, int], list[str]]:
    """Return the test runs of earlier runs, how many were flaky, and what there is to say of them.

    Raises:
        HistoryError: The history cannot be read.
    """
    from harness.runner.flakes.past import flaky_before, ready, unsteady

    apart = [entry for entry in ledger.numbered if not entry.gates]
    names = {entry.name for entry in apart}
    before = flaky_before(history, names) if ledger.count(FLAKY) else (0, 0)
    failed = [entry for entry in ledger.numbered if entry.gates and entry.kind in RED]
    return before, [*unsteady(history, failed), *ready(history, apart)]


def unknown_tests(
    quarantine: Quarantine, names: Collection[str], options: Options
) -> Iterator[str]:
    """Yield the entries of tests that do not exist, as far as a run can know that.

    One that runs what it was named, some tiers or what a change reaches does not know the others;
    what was discovered below a directory, or in files of some names, tells of the tests of its own
    modules.
    """
    selection = options.selection
    chosen = selection.names or selection.patterns or options.tiers or options.reach
    if chosen or quarantine.mode != RUN:
        return
    everywhere = selection == Selection()
    modules = {name.rpartition(".")[0].rpartition(".")[0] for name in names}
    for test in (*quarantine.tests, *(each.test for each in quarantine.expired)):
        own = test.rpartition(".")[0].rpartition(".")[0]
        if test not in names and (everywhere or own in modules):
            near = likely(test, names)
            yield f"there is no test {test}" + (f"; did you mean {near}?" if near else "")


def likely(test: str, names: Collection[str]) -> str | None:
    """Return the test that was probably meant: one that was moved, or is called nearly so.

    To compare a name with those of all tests takes seconds where there are many.
    """
    owner, _, method = test.rpartition(".")
    module, _, kind = owner.rpartition(".")
    moved = min((name for name in names if name.endswith(f".{kind}.{method}")), default=None)
    if moved is not None:
        return moved
    of_class = nearest(test, [name for name in names if name.startswith(f"{owner}.")])
    return of_class or nearest(test, [name for name in names if name.startswith(f"{module}.")])


def tolerated(ledger: Ledger) -> Iterator[str]:
    """Yield a line for each flaky test that does not make the run fail, as nobody else names it."""
    if FLAKY in ledger.tolerated:
        flaky = (each for each in ledger.numbered if each.gates and each.kind == FLAKY)
        yield from (f"flaky: {entry.name}" for entry in flaky)


def report(quarantine: Quarantine, ledger: Ledger) -> Iterator[str]:
    """Yield what became of the tests in quarantine: a line, and one for each that has failed."""
    found = [entry for entry in ledger.numbered if entry.quarantined is not None]
    left = len(quarantine.tests) - len(found)  # a suite of its own is run as a whole
    if quarantine.mode == SKIP and left:
        yield f"quarantined: not run, {left} in {quarantine.place}"
    if not found:
        if quarantine.mode == ONLY:
            yield "quarantined: no test is"
        return
    failed = [entry for entry in found if entry.reported and entry.kind not in GREEN]
    ran = sum(ran_at_all(entry) for entry in found)
    yield f"quarantined: {ran} run, {len(failed)} failed"
    for entry in failed:
        yield f"    {entry.kind}: {entry.name} ({entry.quarantined})"
