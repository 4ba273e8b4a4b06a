"""What is run in one piece: mostly a class."""

from __future__ import annotations

import copy
import sys
import unittest
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.runner.schedule.facts import facts_of

Test: TypeAlias = Any  # a TestCase, or whatever else a suite holds
Leaf: TypeAlias = tuple[Test, unittest.TestSuite | None]  # a test, and the suite that has to run it


@dataclass
class Unit:
    """What is run in one piece, by one worker, with its fixtures.

    Attributes:
        key: What it is: a class, a module with fixtures of its own, a suite of another kind.
        tests: Its tests, in order.
        suite: What runs it, if that is no ordinary suite; then only as a whole.
        names: What each test is called, once in the whole run.
    """

    key: str
    tests: list[Test] = field(default_factory=list)
    suite: unittest.TestSuite | None = None
    names: list[str] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """What the coordinator is told of it beside its tests, as JSON has it."""
        whole = {} if self.suite is None else {"whole": True}
        return {**whole, **facts_of(dict.fromkeys(map(type, self.tests)))}

    @property
    def classes(self) -> dict[str, int]:
        """A number for the class of each test, the same for those of one; none if names tell."""
        from harness.runner.plan import class_of

        numbers: dict[type, int] = {}
        found = [numbers.setdefault(type(test), len(numbers)) for test in self.tests]
        named = [class_of(name) for name in self.names]
        if len(numbers) == len(set(named)) == len(set(zip(named, found, strict=True))):
            return {}
        return dict(zip(self.names, found, strict=True))

    def some(self, names: Iterable[str]) -> list[Test]:
        """Return some of its tests, in this order."""
        known = dict(zip(self.names, self.tests, strict=True))
        return [known[name] for name in names]

    def forget(self, names: Iterable[str]) -> None:
        """Hold some of its tests no longer, which are not run again: what they hold may go."""
        gone = set(names)
        kept = zip(self.names, self.tests, strict=True)
        self.tests = [None if name in gone else test for name, test in kept]


def units_of(suite: unittest.TestSuite) -> list[Unit]:
    """Return what a suite is run in, in its order; each test has a name of its own."""
    found: dict[str, Unit] = {}
    wholes: dict[int, str] = {}  # what suites of another kind are called: the same in each worker
    keys: dict[type, str] = {}
    for test, whole in distinct(leaves(suite)):
        if whole is not None:
            key = wholes.setdefault(id(whole), f"suite {len(wholes) + 1}")
        else:
            kind = type(test)
            key = keys.get(kind) or keys.setdefault(kind, key_of(kind)) or str(test.id())
        if key not in found:
            found[key] = Unit(key, suite=whole)
        found[key].tests.append(test)
    seen: defaultdict[str, int] = defaultdict(int)  # a Counter takes twice the time
    for unit in found.values():
        for test in unit.tests:
            name = test.id()
            times = seen[name] = seen[name] + 1
            unit.names.append(name if times == 1 else f"{name}#{times}")
    return list(found.values())


def distinct(found: Iterable[Leaf]) -> Iterator[Leaf]:
    """Yield each test with its suite; one that is there again as another one, if it can be.

    What a suite of another class holds twice is one test that is run twice.
    """
    seen: set[int] = set()
    for test, whole in found:
        if id(test) not in seen:
            seen.add(id(test))
            yield test, whole
        elif whole is None:
            yield copy.copy(test), None


def leaves(suite: unittest.TestSuite, whole: unittest.TestSuite | None = None) -> Iterator[Leaf]:
    """Yield each test with the suite that has to run it, if there is one.

    A suite of another class than unittest's may do anything between its tests.
    """
    if whole is None and type(suite) is not unittest.TestSuite:
        whole = suite
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from leaves(test, whole)
        else:
            yield test, whole


def key_of(kind: type) -> str:
    """Return what the tests of a class have to be run together with; empty if that is nothing."""
    module = sys.modules.get(kind.__module__)
    if hasattr(module, "setUpModule") or hasattr(module, "tearDownModule"):
        return kind.__module__
    if kind.__module__.startswith("unittest."):  # a module that cannot be imported, a function
        return ""
    return f"{kind.__module__}.{kind.__qualname__}"
