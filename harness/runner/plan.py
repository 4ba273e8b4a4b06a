"""In which order a run goes about its tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.core.seed import derive
from harness.runner.ledger import UnitAccount
from harness.runner.options import SHUFFLE, Options

if TYPE_CHECKING:
    import random


@dataclass(frozen=True)
class Work:
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
    works = [Work(unit.key, unit.tests, round) for unit in units]
    if options.order == SHUFFLE:
        parts = ("order",) if round == 1 else ("order", str(round))
        import random

        rng = random.Random(derive(options.seed, *parts))
        rng.shuffle(works)
        works = [replace(work, tests=shuffled(work.tests, rng)) for work in works]
    return works


def shuffled(names: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """Return tests in another order; those of a class stay together, as they share its fixtures."""
    classes = [list(group) for _, group in itertools.groupby(names, class_of)]
    rng.shuffle(classes)
    for group in classes:
        rng.shuffle(group)
    return tuple(itertools.chain.from_iterable(classes))


def class_of(name: str) -> str:
    """Return the class of a test.

    Example:
        >>> class_of("tests.test_a.ATest.test_b")
        'tests.test_a.ATest'
    """
    return name.rpartition(".")[0]
