"""Which of the tests that were found are run: of some tiers, reached by a change, set apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.runner.broken import is_broken
from harness.runner.loader import Loader, load
from harness.runner.options import SHUFFLE, Options
from harness.runner.tiers import tier_of, tiers_of, wrong_tiers
from harness.runner.units import Unit, units_of

if TYPE_CHECKING:
    from harness.runner.changes.reach import Reach

Keeps: TypeAlias = Callable[[Any, str], bool]
Origins: TypeAlias = Mapping[str, set[str]]


class Choice:
    """The tests that are run.

    Args:
        units: What they are run in.
        moved: Whether tests are run in another order than they were found in.

    Attributes:
        units: The same.
        notes: What there is to say of it.
        unreached: How many tests are not run because no change reaches them.
    """

    def __init__(self, units: list[Unit], *, moved: bool = False) -> None:
        self.units = units
        self._moved = moved
        self.notes: list[str] = []
        self.unreached = 0

    def message(self) -> dict[str, Any]:
        """Return what the coordinator is told."""
        cases = {type(test) for unit in self.units for test in unit.tests}
        return {
            "units": [[unit.key, unit.names, self._facts_of(unit)] for unit in self.units],
            "notes": [*wrong_tiers(cases), *self.notes],
            "unreached": self.unreached,
        }

    def _facts_of(self, unit: Unit) -> dict[str, Any]:
        """Return what is told of a unit beside the names of its tests."""
        classes = unit.classes if self._moved else {}
        told = {"classes": classes} if classes else {}
        return {**unit.facts, **told, "tiers": tiers_of(unit.tests)}


def choice_of(options: Options) -> Choice:
    """Load the tests, and return those that are run.

    Raises:
        ConfigurationError: There are no such tests.
    """
    loader, origins = loader_for(options)
    moved = options.order == SHUFFLE or options.failed_first
    choice = Choice(units_of(load(options.selection, loader)), moved=moved)
    if options.tiers:
        choose_tiers(choice, options.tiers)
    if options.reach is not None:
        choose_reached(choice, options, options.reach, origins)
    if options.quarantine is not None:
        choice.units = options.quarantine.choose(choice.units)
    return choice


def loader_for(options: Options) -> tuple[Loader, Origins]:
    """Return what loads tests, and where it notes what brought them, if that matters."""
    if options.reach is None:
        return Loader(), {}
    from harness.runner.changes.origins import OriginLoader

    loader = OriginLoader()
    return loader, loader.origins


def choose_tiers(choice: Choice, tiers: tuple[str, ...]) -> None:
    """Keep the tests of some tiers."""
    before = count(choice.units)
    choice.units = kept(choice.units, lambda test, _: is_broken(test) or tier_of(test) in tiers)
    others = before - count(choice.units)
    if others:
        names = ",".join(tiers)
        tests = "1 test" if others == 1 else f"{others} tests"
        choice.notes.append(f"{tests} of other tiers not chosen (tiers = {names})")


def choose_reached(choice: Choice, options: Options, reach: Reach, origins: Origins) -> None:
    """Keep the tests that a change can reach, and say why."""
    from harness.runner.changes.reasons import TOGETHER, Reasons, summary

    total = count(choice.units)
    reasons = Reasons(reach, choice.units, origins, options.selection.pattern)
    choice.units = kept(choice.units, lambda *pair: reasons.of(*pair) is not None)
    choice.unreached = total - count(choice.units)
    why = [
        (name, reasons.of(test, name) or TOGETHER)
        for unit in choice.units
        for test, name in zip(unit.tests, unit.names, strict=True)
    ]
    choice.notes += summary(reach, [reason for _, reason in why], total)
    if options.why:
        choice.notes += [f"    {name}: {reason.text}" for name, reason in why]


def kept(units: list[Unit], keeps: Keeps) -> list[Unit]:
    """Return the units with those of their tests that are kept; a suite of its own, as a whole."""
    found = []
    for unit in units:
        pairs = [pair for pair in zip(unit.tests, unit.names, strict=True) if keeps(*pair)]
        if pairs and unit.suite is None:
            tests, names = zip(*pairs, strict=True)
            found.append(replace(unit, tests=list(tests), names=list(names)))
        elif pairs:
            found.append(unit)
    return found


def count(units: list[Unit]) -> int:
    """Return the number of tests."""
    return sum(len(unit.tests) for unit in units)
