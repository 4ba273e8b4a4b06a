"""In which order a run goes about its tests."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.seed import derive
from harness.runner.options import SHUFFLE, Options


@dataclass(frozen=True)
class Work:
    """Tests of one unit that are to be run together, in this order.

    Attributes:
        unit: The unit.
        tests: Their names.
    """

    unit: str
    tests: tuple[str, ...]


def planned(units: Sequence[tuple[str, Sequence[str]]], options: Options) -> list[Work]:
    """Return what is to be done, in order.

    Args:
        units: Each unit with its tests, as they were discovered.
        options: How the run is to be.
    """
    works = [Work(unit, tuple(names)) for unit, names in units]
    if options.order == SHUFFLE:
        rng = random.Random(derive(options.seed, "order"))
        rng.shuffle(works)
        works = [Work(work.unit, shuffled(work.tests, rng)) for work in works]
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
