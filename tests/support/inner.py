"""Running a test case inside a test, to look at its result."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from harness.adapters import availability, running
from harness.adapters import unittest as adapter
from harness.core.skips import skips
from tests.support import fakes
from tests.support.told import told


class RecordingResult(unittest.TestResult):
    """A result that notes in a journal what became of each test."""

    def __init__(self, journal: fakes.Journal) -> None:
        super().__init__()
        self.journal = journal
        self.raised: list[BaseException] = []

    def addSuccess(self, test: Any) -> None:
        self.journal.note("success")

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._note("error", err)

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._note("failure", err)

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self.journal.note("skip")

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.journal.note("expected failure")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.journal.note("unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is None:
            self.journal.note("subtest success")
        else:
            self._note("subtest failure", err)

    def _note(self, outcome: str, err: Any) -> None:
        self.journal.note(outcome)
        self.raised.append(err[1])

    @property
    def reasons(self) -> list[str]:
        """Why tests were skipped."""
        return [reason for _, reason in self.skipped]


class InnerTest(unittest.TestCase):
    """A test that runs test cases of its own, on an environment without servers."""

    def setUp(self) -> None:
        self.journal = fakes.Journal()
        self.db = fakes.Fake(self.journal)
        self.result = RecordingResult(self.journal)
        self.skipped: list[str] = []  # not told at the end of the run of which this is a part
        self.enterContext(mock.patch.object(skips, "note", self.skipped.append))
        self.use(fakes.environment())

    def use(self, environment: adapter.Environment) -> None:
        """Run the inner tests on this environment."""
        self.environment = environment
        self.addCleanup(environment.close)

    def suite(self, *cases: type[adapter.HarnessMixin]) -> unittest.TestSuite:
        """Return all tests of these classes, to run on the environment without servers."""
        for case in cases:
            case.environment = self.environment
        load = unittest.defaultTestLoader.loadTestsFromTestCase
        return unittest.TestSuite(map(load, cases))

    def one(self, case: type[adapter.HarnessMixin], method: str = "test") -> Any:
        """Return one test of a class."""
        case.environment = self.environment
        return case(method)

    def run_inner(self, *cases: type[adapter.HarnessMixin]) -> RecordingResult:
        """Run all tests of these classes; what is printed is kept in `self.printed`."""
        return self.run_test(self.suite(*cases))

    def run_test(self, test: unittest.TestSuite | unittest.TestCase) -> RecordingResult:
        """Run one test; what is printed past the runner's buffer is kept in `self.printed`."""
        with self.printing():
            test.run(self.result)
        return self.result

    @contextmanager
    def printing(self) -> Iterator[None]:
        """Keep what is printed past the runner's buffer, once-a-process lines included."""
        availability.announce.cache_clear()
        running.announce_seed.cache_clear()
        with told() as self._stream:
            yield

    @property
    def printed(self) -> str:
        return self._stream.getvalue()

    def assertJournal(self, *expected: str) -> None:
        self.assertEqual(list(expected), self.journal.entries)

    def assertOutcomes(self, *expected: str) -> None:
        """Check what became of the tests, whatever else is in the journal."""
        words = ("success", "error", "failure", "skip")
        outcomes = [entry for entry in self.journal.entries if entry.endswith(words)]
        self.assertEqual(list(expected), outcomes)
