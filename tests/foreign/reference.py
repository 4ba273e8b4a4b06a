"""What unittest itself says of each test: `python -m tests.foreign.reference FILE ARGUMENT...`.

Where the environment's FOREIGN_ORDER names a file, the tests run in the order of its lines. It is
`python -m unittest`, with a result that takes notes. Nothing here is the runner's.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unittest
from collections import Counter
from typing import Any

PASSED, SKIPPED, FAILED, ERROR = "passed", "skipped", "failed", "error"
BLOCKED, MISSING, UNEXPECTED = "blocked", "not run", "unexpected success"
WORST = (ERROR, FAILED, UNEXPECTED, SKIPPED, PASSED)
FIXTURE = re.compile(r"(?:setUp|tearDown)(Class|Module) \((.*)\)")


class NotingResult(unittest.TextTestResult):
    """Notes what is said of each test.

    Attributes:
        said: What was said, by the identity of the test.
        fixtures: What was said of fixtures, by what they are called.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.said: dict[int, list[str]] = {}
        self.fixtures: list[tuple[str, str]] = []

    def note(self, test: Any, kind: str) -> None:
        test = getattr(test, "test_case", test)
        if FIXTURE.match(test.id()):
            self.fixtures.append((test.id(), kind))
        else:
            self.said.setdefault(id(test), []).append(kind)

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self.note(test, PASSED)

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.note(test, ERROR)

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, FAILED)

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self.note(test, SKIPPED)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.note(test, PASSED)  # a report in JUnit XML has no other word for it

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.note(test, UNEXPECTED)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, FAILED if issubclass(err[0], test.failureException) else ERROR)


class NotingRunner(unittest.TextTestRunner):
    """Runs tests, and keeps what was said of each.

    Attributes:
        outcomes: The worst that was said, by name.
    """

    resultclass = NotingResult
    outcomes: dict[str, str]

    def run(self, test: Any) -> Any:
        names = list(named(test))  # before they run, as suites drop what has run
        order = os.environ.get("FOREIGN_ORDER")
        result = super().run(in_order(names, order) if order else test)
        assert isinstance(result, NotingResult)
        NotingRunner.outcomes = {name: outcome_of(each, name, result) for name, each in names}
        return result


def in_order(names: list[tuple[str, Any]], file: str) -> unittest.TestSuite:
    """Return tests in the order of the lines of a file."""
    with open(file, encoding="utf-8") as lines:
        tests = dict(names)
        return unittest.TestSuite([tests[line.rstrip("\n")] for line in lines])


def named(suite: Any) -> Any:
    """Yield each test with its name, which is its own: the second of one name is called `#2`."""
    seen: Counter[str] = Counter()
    pending = [suite]
    while pending:
        test = pending.pop()
        if isinstance(test, unittest.TestSuite):
            pending.extend(reversed(list(test)))
        else:
            name = test.id()
            seen[name] += 1
            yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), test


def outcome_of(test: Any, name: str, result: NotingResult) -> str:
    """Return what became of a test; where nothing was said of it, its fixtures tell why."""
    said = result.said.get(id(test))
    if said is not None:
        return next(kind for kind in WORST if kind in said)
    kind = type(test)
    homes = {"Class": f"{kind.__module__}.{kind.__qualname__}", "Module": kind.__module__}
    for fixture, outcome in result.fixtures:
        found = FIXTURE.match(fixture)
        if found and homes[found[1]] == found[2]:
            return BLOCKED if outcome == ERROR else SKIPPED
    return MISSING


def main(file: str, arguments: list[str]) -> None:
    """Run tests, and write what became of each into a file, as JSON."""
    command = [] if arguments[0][0] != "-" else ["discover"]
    argv = ["python -m unittest", *command, "-q", *arguments]
    unittest.main(None, argv=argv, testRunner=NotingRunner, exit=False)
    with open(file, "w", encoding="utf-8") as out:
        json.dump(NotingRunner.outcomes, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
