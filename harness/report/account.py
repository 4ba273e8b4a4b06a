"""What a run has come to, for those who tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.report.places import Place, Sources
from harness.report.tracebacks import headline
from harness.runner.kinds import BLOCKED, MISSING, RED
from harness.runner.ledger import Entry, Ledger, Outcome

LONGEST = 300  # letters of a line


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong: a test, or a fixture.

    Attributes:
        name: Of the test, or what the fixture is called.
        kind: What happened.
        text: The traceback.
        place: Where in the sources.
    """

    name: str
    kind: str
    text: str
    place: Place | None

    @property
    def line(self) -> str:
        """What happened, in a line."""
        said = headline(self.text)
        more = "..." if len(said) > LONGEST else ""
        return f"{self.kind}: {said[:LONGEST]}{more}" if said else self.kind


@dataclass(frozen=True)
class Account:
    """What a run has come to.

    Attributes:
        ledger: What became of each test.
        sources: The files of the repository.
        seconds: How long it took.
        problem: Why it could not be carried out as it should; empty if it could.
        again: The command that repeats what has failed; empty if there is none.
        slowest: What took longest: lists of lines, each with its title.
    """

    ledger: Ledger
    sources: Sources
    seconds: float = 0.0
    problem: str = ""
    again: str = ""
    slowest: list[tuple[str, list[str]]] = field(default_factory=list)

    def troubles(self) -> Iterator[Trouble]:
        """Yield what went wrong: the fixtures, and the tests but those that these have blocked."""
        for unit, outcome in self.ledger.broken():
            if self.ledger.gates(unit):
                place = self.sources.place_of(f"{unit}.{outcome.part}", outcome.text)
                yield Trouble(outcome.part, outcome.kind, outcome.text, place)
        for entry in self.ledger.numbered:
            if entry.gates and entry.kind in RED and entry.kind != BLOCKED:
                outcome = worst_of(entry)
                place = self.sources.place_of(entry.name, outcome.text)
                yield Trouble(entry.name, entry.kind, outcome.text, place)

    def missing(self) -> list[str]:
        """Return the names of tests of which not all is known that should be."""
        return [entry.name for entry in self.ledger.missing()]


def worst_of(entry: Entry) -> Outcome:
    """Return the first thing that went wrong with a test."""
    said = (outcome for attempt in entry.attempts for outcome in attempt.outcomes)
    return next((outcome for outcome in said if outcome.kind in RED), Outcome(MISSING))
