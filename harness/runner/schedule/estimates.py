"""How long tests and fixtures are going to take, from how long they took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any, Protocol

from harness.runner.plan import Work, class_of
from harness.runner.schedule.job import Job
from harness.runner.schedule.known import Known
from harness.runner.schedule.resources import needs_of

GUESS = 0.1  # seconds of a test, where the time of none is known


class Account(Protocol):
    """A unit as the ledger has it.

    Attributes:
        key: Which one.
        tests: The names of its tests.
        facts: What its worker has told of it.
    """

    key: str
    tests: tuple[str, ...]
    facts: dict[str, Any]


class Estimates:
    """How long the tests of a run are going to take, and what they need.

    What was never measured is taken for the median: of its class, else of its unit, else of all.

    Args:
        units: What was discovered.
        known: What was measured.

    Attributes:
        measured: Whether the time of any of its tests was.

    Example:
        >>> from harness.runner.schedule.known import Known
        >>> from harness.runner.ledger import UnitAccount
        >>> unit = UnitAccount("t.A", ("t.A.test_a", "t.A.test_b"))
        >>> Estimates([unit], Known({"t.A.test_a": 2.0}, {"t.A": 1.0})).of_unit("t.A").total
        5.0
    """

    def __init__(self, units: Iterable[Account], known: Known) -> None:
        self._units = {unit.key: unit for unit in units}
        self._known = known
        measured = [
            seconds
            for unit in self._units.values()
            for name in unit.tests
            if (seconds := known.tests.get(name)) is not None
        ]
        self.measured = bool(measured)
        self._usual = median(measured or known.tests.values() or [GUESS])
        self._usual_setup = median(known.fixtures.values() or [0.0])
        self._tests: dict[str, float] = {}
        for unit in self._units.values():
            self._tests.update(self._within(unit.tests))

    def _within(self, names: tuple[str, ...]) -> Mapping[str, float]:
        """Return the times of the tests of a unit."""
        known = {
            name: known for name in names if (known := self._known.tests.get(name)) is not None
        }
        if len(known) == len(names):
            return known
        of_unit = median(known.values() or [self._usual])
        classes: dict[str, list[float]] = {}
        for name, seconds in known.items():
            classes.setdefault(class_of(name), []).append(seconds)
        medians = {each: median(times) for each, times in classes.items()}
        return {
            name: known[name] if name in known else medians.get(class_of(name), of_unit)
            for name in names
        }

    def of(self, work: Work) -> Job:
        """Return what is known of some work."""
        facts = self._units[work.unit].facts
        bound = facts.get("whole") or facts.get("exclusive") or not facts.get("divisible", True)
        measured = work.unit in self._known.fixtures
        return Job(
            work,
            tuple(map(self._tests.__getitem__, work.tests)),
            self._known.fixtures.get(work.unit, self._usual_setup),
            measured and len(work.tests) > 1 and not bound,
            needs_of(facts),
        )

    def of_unit(self, key: str) -> Job:
        """Return what is known of a whole unit."""
        return self.of(Work(key, tuple(self._units[key].tests)))

    def jobs(self) -> list[Job]:
        """Return what is known of every unit, in the order in which they were discovered."""
        return [self.of_unit(key) for key in self._units]
