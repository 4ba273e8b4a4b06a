"""What happens to tests in a worker, told to the coordinator."""

from __future__ import annotations

import faulthandler
import sys
import time
import unittest
from collections.abc import Callable
from typing import Any

from harness.runner.channel import Channel

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"
EXPECTED, UNEXPECTED = "expected failure", "unexpected success"

__unittest = True  # frames of this module are left out of a failure's traceback


class TellingResult(unittest.TestResult):
    """Tells the coordinator each step of each test at once: what a crash takes is not lost.

    Args:
        channel: Where to tell it.
        name_of: Returns the name of a test in this run; None for what is no test, a fixture.
        timeout: Seconds that a test, or the fixtures between two, may take; None for ever.
    """

    def __init__(
        self,
        channel: Channel,
        name_of: Callable[[Any], str | None],
        timeout: float | None = None,
    ) -> None:
        super().__init__()
        self._timeout = timeout
        self._channel = channel
        self._name_of = name_of
        self._began: dict[str, float] = {}

    def limit(self) -> None:
        """Have the process end, with the stacks of its threads, where this takes too long."""
        if self._timeout is not None:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=sys.__stderr__)

    def unlimit(self) -> None:
        """Let what follows take its time."""
        if self._timeout is not None:
            faulthandler.cancel_dump_traceback_later()

    def startTest(self, test: Any) -> None:
        """Tell that a test begins."""
        self.limit()
        super().startTest(test)
        self._begin(test)

    def _begin(self, test: Any) -> str | None:
        name = self._name_of(test)
        if name is not None and name not in self._began:
            self._began[name] = time.perf_counter()
            self._channel.send(event="start", test=name)
        return name

    def stopTest(self, test: Any) -> None:
        """Tell that a test is over."""
        self.limit()
        output = self._printed()
        super().stopTest(test)
        name = self._begin(test)  # Python 3.12.1 does not start what a decorator skips
        if name is not None:
            seconds = time.perf_counter() - self._began.pop(name)
            self._channel.send(event="stop", test=name, seconds=seconds, output=output)

    def _printed(self) -> str:
        """Return what the test has printed, where that is kept."""
        if not self.buffer or not self._mirrorOutput:  # type: ignore[attr-defined]
            return ""
        streams = (self._stdout_buffer, self._stderr_buffer)  # type: ignore[attr-defined]
        return "".join(stream.getvalue() for stream in streams if stream is not None)

    def addSuccess(self, test: Any) -> None:
        """Tell that a test has passed."""
        super().addSuccess(test)
        self._tell(test, PASSED)

    def addFailure(self, test: Any, err: Any) -> None:
        """Tell that a test has failed."""
        super().addFailure(test, err)
        self._tell(test, FAILED, self.failures.pop()[1])

    def addError(self, test: Any, err: Any) -> None:
        """Tell that a test, or a fixture, had an error."""
        super().addError(test, err)
        self._tell(test, ERROR, self.errors.pop()[1])

    def addSkip(self, test: Any, reason: str) -> None:
        """Tell that a test, or a class, was skipped."""
        super().addSkip(test, reason)
        self._tell(test, SKIPPED, self.skipped.pop()[1])

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        """Tell that a test has failed as it should."""
        super().addExpectedFailure(test, err)
        self._tell(test, EXPECTED, self.expectedFailures.pop()[1])

    def addUnexpectedSuccess(self, test: Any) -> None:
        """Tell that a test has passed that should have failed."""
        super().addUnexpectedSuccess(test)
        self._tell(test, UNEXPECTED)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        """Tell that a part of a test has failed."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            text = (self.failures if failed else self.errors).pop()[1]
            self._tell(test, FAILED if failed else ERROR, text, str(subtest))

    def _tell(self, test: Any, kind: str, text: str = "", part: str = "") -> None:
        parent = getattr(test, "test_case", None)  # a subtest that was skipped
        name = self._begin(parent or test)
        said = part or (str(test) if parent is not None or name is None else "")
        self._channel.send(event="outcome", test=name, kind=kind, text=text, part=said)
