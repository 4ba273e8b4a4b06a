"""The account of a run: every test that was discovered, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.runner.result import ERROR, EXPECTED, FAILED, PASSED, SKIPPED, UNEXPECTED

CRASHED, BLOCKED, MISSING = "crashed", "blocked", "not run"
RED = (FAILED, ERROR, UNEXPECTED, CRASHED, BLOCKED)
WORST = (CRASHED, ERROR, FAILED, UNEXPECTED, BLOCKED, SKIPPED, EXPECTED, PASSED)


@dataclass
class Outcome:
    """One thing that was said of a test.

    Attributes:
        kind: What happened.
        text: The traceback, or the reason.
        part: The subtest, or the fixture, if it was one.
    """

    kind: str
    text: str = ""
    part: str = ""


@dataclass
class Entry:
    """What became of one test.

    Attributes:
        name: Its name.
        unit: What it was run in.
        outcomes: All that was said of it.
        seconds: How long it took; None if it did not end.
        worker: Who runs it, or did.
        output: What it printed, where that is kept.
    """

    name: str
    unit: str
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float | None = None
    worker: int | None = None
    output: str = ""

    @property
    def reported(self) -> bool:
        """Whether it is known what became of it."""
        return bool(self.outcomes)

    @property
    def kind(self) -> str:
        """The worst that was said of it."""
        kinds = {outcome.kind for outcome in self.outcomes}
        return next((kind for kind in WORST if kind in kinds), MISSING)


class Ledger:
    """Every test that was discovered, and what became of it.

    Attributes:
        entries: By name, in the order in which they were discovered.
        numbered: The same by number.
        fixtures: What was said of fixtures, and by which unit.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.numbered: list[Entry] = []
        self.fixtures: list[tuple[str, Outcome]] = []

    def expect(self, unit: str, names: Iterable[str]) -> None:
        """Note tests that are to be run."""
        found = [Entry(name, unit) for name in names]
        self.entries.update((entry.name, entry) for entry in found)
        self.numbered += found

    def count(self, *kinds: str) -> int:
        """Return of how many tests some of these were the worst that was said."""
        return sum(entry.kind in kinds for entry in self.entries.values())

    def missing(self) -> list[Entry]:
        """Return the tests of which nothing is known."""
        return [entry for entry in self.entries.values() if not entry.reported]

    @property
    def red(self) -> bool:
        """Whether anything has failed."""
        return any(kind.kind == ERROR for _, kind in self.fixtures) or self.count(*RED) > 0
