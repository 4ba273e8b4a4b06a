"""Quarantine: tests that are known to fail at times, and do not stop anybody for a while."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from harness.runner.options import ONLY, RUN
from harness.runner.units import Unit


@dataclass(frozen=True)
class Quarantined:
    """A test that is set apart.

    Attributes:
        test: Its name.
        owner: Who is to mend it.
        ticket: Where that is kept track of.
        expires: The last day of it.
        reason: What is known of it.
    """

    test: str
    owner: str
    ticket: str
    expires: datetime.date
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.owner}, {self.ticket}, until {self.expires}"

    def days_over(self, today: datetime.date) -> int:
        """Return for how many days it has been over; 0 or less as long as it is not."""
        return (today - self.expires).days


@dataclass(frozen=True)
class Quarantine:
    """The tests that are set apart.

    Attributes:
        place: The file that says so.
        tests: Those that are set apart, by name.
        expired: Those that were, until a day that is over.
        today: The day of the run.
        mode: One of `options.MODES`: whether they run too, run alone, or do not run.
    """

    place: str = ""
    tests: Mapping[str, Quarantined] = field(default_factory=dict)
    expired: tuple[Quarantined, ...] = ()
    today: datetime.date = datetime.date.min
    mode: str = RUN

    @classmethod
    def of(cls, place: str, entries: Iterable[Quarantined], today: datetime.date) -> Quarantine:
        """Return the quarantine that a file describes, on a day."""
        entries = list(entries)
        tests = {each.test: each for each in entries if each.days_over(today) <= 0}
        expired = tuple(each for each in entries if each.days_over(today) > 0)
        return cls(place, tests, expired, today)

    def run_as(self, mode: str) -> Quarantine:
        """Return the same for another way to go about it."""
        return replace(self, mode=mode)

    def choose(self, units: Iterable[Unit]) -> list[Unit]:
        """Return what is run of some units: without those that are set apart, or these alone.

        A suite that can only be run as a whole is run if any of its tests is.
        """
        if self.mode == RUN:
            return list(units)
        return [part for unit in units if (part := self._part(unit)).tests]

    def _part(self, unit: Unit) -> Unit:
        pairs = zip(unit.names, unit.tests, strict=True)
        kept = [(n, test) for n, test in pairs if (n in self.tests) == (self.mode == ONLY)]
        if unit.suite is not None and kept:
            return unit
        return replace(unit, names=[name for name, _ in kept], tests=[test for _, test in kept])
