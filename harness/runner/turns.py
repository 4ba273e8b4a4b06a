"""Which test of the run a result is told of: whatever runs, one that was discovered has to answer.

An object is no test's name: a test may run copies of itself, one for each of its parameters, or
itself several times; and what is made after it has gone may get its identity.
"""

from __future__ import annotations

import unittest
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from harness.runner.units import Unit

__unittest = True  # frames of this module are left out of a failure's traceback


def turns_of(unit: Unit, names: Sequence[str], numbers: Mapping[str, int]) -> Turns:
    """Return what runs some tests of a unit, in this order; a suite of its own, as a whole.

    Args:
        unit: The unit.
        names: Which of its tests.
        numbers: Their numbers in this run, by name.
    """
    if unit.suite is not None:
        return Whole(unit.suite, unit.tests, [numbers[name] for name in unit.names])
    return Items(unit.some(names), [numbers[name] for name in names])


class Items(unittest.TestSuite):
    """Tests that have their turn one after another: what runs meanwhile counts for that one.

    Args:
        tests: The tests.
        numbers: The number of each.
    """

    def __init__(self, tests: Iterable[Any], numbers: Sequence[int]) -> None:
        super().__init__(tests)
        self._numbers = numbers
        self._item: Any = None
        self._number: int | None = None

    def __iter__(self) -> Iterator[Any]:
        for number, test in zip(self._numbers, super().__iter__(), strict=True):
            self._number, self._item = number, test
            yield test
        self._number = self._item = None

    def of(self, test: Any) -> int | None:
        """Return the number of a test, if it has its turn; None of all else, as of a fixture."""
        return self._number if test is self._item else None

    def of_started(self, test: Any) -> int | None:
        """Return the number of the test that has its turn."""
        return self._number

    def label(self, test: Any) -> str:
        """Return the name of a test, if it is another one than that of the test in its turn."""
        name = str(test.id())
        return "" if self._item is None or name == self._item.id() else name


class Whole:
    """A suite of another class than unittest's, which runs its tests as it will.

    Args:
        suite: The suite.
        tests: Its tests, which are not kept alive: it drops each that has run.
        numbers: The number of each.
    """

    def __init__(
        self, suite: unittest.TestSuite, tests: Iterable[Any], numbers: Iterable[int]
    ) -> None:
        self._suite = suite
        self._numbers: dict[int, tuple[int, Callable[[], Any]]] = {}  # by identity, while it lives
        self._named: dict[str, int] = {}
        for test, number in zip(tests, numbers, strict=True):
            self._numbers[id(test)] = number, reference(test)
            self._named.setdefault(test.id(), number)

    def run(self, result: unittest.TestResult) -> object:
        """Run the suite."""
        return self._suite.run(result)

    def of(self, test: Any) -> int | None:
        """Return the number of a test."""
        number, living = self._numbers.get(id(test), (None, None))
        return number if living is not None and living() is test else None

    def of_started(self, test: Any) -> int | None:
        """Return the number of a test, or of the one whose name it has, or whose method it runs."""
        number = self.of(test)
        names = (each for each in names_of(test) if each in self._named)
        return number if number is not None else self._named.get(next(names, ""))

    def label(self, test: Any) -> str:
        """Return the name of a test, if there was none of this name."""
        name = str(test.id())
        return "" if name in self._named else name


def names_of(test: Any) -> Iterator[str]:
    """Yield the name of a test, and that which unittest gives it."""
    yield test.id()
    if isinstance(test, unittest.TestCase):
        yield unittest.TestCase.id(test)


def reference(test: Any) -> Callable[[], Any]:
    """Return what returns a test while it lives; what cannot be watched lives on."""
    try:
        return weakref.ref(test)
    except TypeError:
        return lambda: test


Turns: TypeAlias = Items | Whole
