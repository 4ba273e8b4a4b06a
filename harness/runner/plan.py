"""In which order a run goes about its tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from harness.core.seed import derive
from harness.runner.ledger import UnitAccount
from harness.runner.options import SHUFFLE, Options

if TYPE_CHECKING:
    import random


class Work(NamedTuple):
    """Tests of one unit that are to be run together, in this order.

    Attributes:
        unit: The unit.
        tests: Their names.
        round: Which time all tests are run, from 1.
        rerun: How many times they were run in this round before, and have failed.
    """

    unit: str
    tests: tuple[str, ...]
    round: int = 1
    rerun: int = 0


def planned(units: Iterable[UnitAccount], options: Options, round: int = 1) -> list[Work]:
    """Return what is to be done, in order.

    Args:
        units: What was discovered.
        options: How the run is to be.
        round: Which time all tests are run, from 1; each has an order of its own, if any has.
    """
    units = list(units)
    works, kind_of = [Work(unit.key, unit.tests, round) for unit in units], classes_of(units)
    if options.order == SHUFFLE:
        parts = ("order",) if round == 1 else ("order", str(round))
        import random

        rng = random.Random(derive(options.seed, *parts))
        rng.shuffle(works)
        works = [work._replace(tests=shuffled(work.tests, rng, kind_of)) for work in works]
    return failed_first(works, options.failed, kind_of) if options.failed_first else works


def with_failures(units: Iterable[UnitAccount], failed: Container[str]) -> set[str]:
    """Return the tests that have failed, of those that are there.

    A suite that can only be run as a whole has failed as a whole.
    """
    found: set[str] = set()
    for unit in units:
        names = {name for name in unit.tests if name in failed}
        found.update(unit.tests if names and unit.facts.get("whole") else names)
    return found


def failed_first(
    works: Iterable[Work], failed: Container[str], kind_of: Callable[[str], object]
) -> list[Work]:
    """Return work in which tests have failed before other work, and these before its other tests.

    Tests of a class stay together.
    """
    found = [work._replace(tests=first(work.tests, failed, kind_of)) for work in works]
    return sorted(found, key=lambda work: work.tests[0] not in failed)


def first(
    names: Sequence[str], failed: Container[str], kind_of: Callable[[str], object]
) -> tuple[str, ...]:
    """Return tests, those that have failed first, and their classes."""
    classes = [
        sorted(group, key=lambda name: name not in failed)
        for _, group in itertools.groupby(names, kind_of)
    ]
    classes.sort(key=lambda group: group[0] not in failed)
    return tuple(itertools.chain.from_iterable(classes))


def shuffled(
    names: Sequence[str], rng: random.Random, kind_of: Callable[[str], object]
) -> tuple[str, ...]:
    """Return tests in another order; those of a class stay together, as they share its fixtures."""
    classes = [list(group) for _, group in itertools.groupby(names, kind_of)]
    rng.shuffle(classes)
    for group in classes:
        rng.shuffle(group)
    return tuple(itertools.chain.from_iterable(classes))


def classes_of(units: Iterable[UnitAccount]) -> Callable[[str], object]:
    """Return what returns the class of a test, as far as its unit tells more of it than its name.

    Two classes of a factory have one name, and that of a method may hold anything.
    """
    told: dict[str, object] = {}
    for unit in units:
        classes = unit.facts.get("classes")
        told.update(classes if isinstance(classes, dict) else {})
    return (lambda name: told.get(name, class_of(name))) if told else class_of


def class_of(name: str) -> str:
    """Return the class of a test.

    Example:
        >>> class_of("tests.test_a.ATest.test_b")
        'tests.test_a.ATest'
    """
    return name.rpartition(".")[0]
