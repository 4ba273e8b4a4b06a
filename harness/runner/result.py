"""What happens to tests in a worker, told to the coordinator."""
# ruff: noqa: N802 - names of unittest

from __future__ import annotations

import faulthandler
import unittest
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.runner.broken import explained, is_broken
from harness.runner.clipped import clipped
from harness.runner.events import Event, Said, Start, Stop
from harness.runner.kinds import ERROR, EXPECTED, FAILED, SKIPPED, UNEXPECTED
from harness.runner.link import STDERR
from harness.runner.stopwatch import Stopwatch

if TYPE_CHECKING:
    from harness.runner.keeping import Keeping
    from harness.runner.printed import Printed
    from harness.runner.turns import Turns

__unittest = True  # frames of this module are left out of a failure's traceback


class TellingResult(unittest.TestResult):
    """Tells each step of each test at once: what a crash takes is not lost.

    Args:
        tell: Tells it.
        turns: Knows the number in this run of each test; what has none is no test, but a fixture.
        timeout: Seconds that a test, or the fixtures between two, may take; None for ever.
        stacks: Descriptor to write the stacks of all threads to when it takes longer.
        printed: What keeps back what tests print; None if it is shown at once.
        keeping: Keeps what failed tests have printed; None if nobody does.
    """

    def __init__(
        self,
        tell: Callable[[Event], object],
        turns: Turns,
        timeout: float | None = None,
        stacks: int = STDERR,
        printed: Printed | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        super().__init__()
        self._report = tell
        self._turns = turns
        self._timeout = timeout
        self._stacks = stacks
        self._kept_back = printed
        self._keeping = keeping
        self._running: dict[int, int] = {}  # the number of each, by the identity of what runs
        self._watches: dict[int, Stopwatch] = {}  # by the same; not of what runs within a test

    def limit(self) -> None:
        """Have the process end, with the stacks of its threads, where this takes too long."""
        if self._timeout is not None:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=self._stacks)

    def unlimit(self) -> None:
        """Let what follows take its time."""
        if self._timeout is not None:
            faulthandler.cancel_dump_traceback_later()

    def startTest(self, test: Any) -> None:
        """Tell that a test begins."""
        if self._timeout is not None:
            self.limit()
        super().startTest(test)
        if id(test) not in self._running:
            self._enter(test, self._turns.of_started(test))

    def _begin(self, test: Any) -> int | None:
        """Return the number of a test; Python 3.12.1 does not start what a decorator skips."""
        number = self._running.get(id(test))
        return self._enter(test, self._turns.of(test)) if number is None else number

    def _enter(self, test: Any, number: int | None) -> int | None:
        if number is not None:
            within = bool(self._running) and number in self._running.values()
            self._running[id(test)] = number
            if not within:
                if self._keeping is not None:
                    self._keeping.begin()
                self._report(Start(number, time.time()))
                self._watches[id(test)] = Stopwatch(test)
        return number

    def stopTest(self, test: Any) -> None:
        """Tell that a test is over."""
        if self._timeout is not None:
            self.limit()
        if id(test) not in self._running:
            self._begin(test)
        number, watch = self._running.pop(id(test), None), self._watches.pop(id(test), None)
        times = None if watch is None else watch.stop()
        failed = self._mirrorOutput  # type: ignore[attr-defined]
        output, files = self._printed(test) if failed else ("", ())
        super().stopTest(test)
        if number is not None and watch is not None and times is not None:
            setup, body, release = times
            self._report(Stop(number, setup, body, release, watch.passed, output, files))

    def finish(self) -> None:
        """Tell that tests are over of which nobody else has: a `run` of their own forgot to."""
        for identity, watch in list(self._watches.items()):
            self._report(Stop(self._running[identity], *watch.stop(), watch.passed))
        self._watches.clear()
        self._running.clear()

    def _printed(self, test: Any) -> tuple[str, Sequence[str]]:
        """Return what a test that has failed has printed, and the files that are kept of it."""
        output = "" if self._kept_back is None else self._kept_back.text()
        if self._keeping is None:
            return clipped(output), ()
        files, why = self._keeping.end(test.id(), output)
        return "\n".join(filter(None, (clipped(output), why))), files

    # As unittest has it, by `buffer`, a test that closes or replaces `sys.stdout` ends the run.

    def _setupStdout(self) -> None:
        if self._kept_back is not None:
            self._kept_back.begin()

    def _restoreStdout(self) -> None:
        if self._kept_back is not None:
            self._kept_back.end()

    def addSuccess(self, test: Any) -> None:
        """Note that a test has passed, which is told at its end."""
        if id(test) not in self._running:
            self._begin(test)
        if id(test) in self._watches:
            self._watches[id(test)].passed = True

    def addFailure(self, test: Any, err: Any) -> None:
        """Tell that a test has failed."""
        super().addFailure(test, err)
        self._tell(test, FAILED, last(self.failures))

    def addError(self, test: Any, err: Any) -> None:
        """Tell that a test, or a fixture, had an error."""
        super().addError(test, err)
        text = last(self.errors)
        self._tell(test, ERROR, explained(test, text) if is_broken(test) else text)

    def addSkip(self, test: Any, reason: str) -> None:
        """Tell that a test, or a class, was skipped."""
        super().addSkip(test, reason)
        self._tell(test, SKIPPED, last(self.skipped))

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        """Tell that a test has failed as it should."""
        super().addExpectedFailure(test, err)
        self._tell(test, EXPECTED, last(self.expectedFailures))

    def addUnexpectedSuccess(self, test: Any) -> None:
        """Tell that a test has passed that should have failed."""
        super().addUnexpectedSuccess(test)
        self._tell(test, UNEXPECTED)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        """Tell that a part of a test has failed."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            text = last(self.failures if failed else self.errors)
            self._tell(test, FAILED if failed else ERROR, text, str(subtest))

    def _tell(self, test: Any, kind: str, text: str = "", part: str = "") -> None:
        parent = getattr(test, "test_case", None)  # a subtest that was skipped
        case = parent or test
        number = self._begin(case)
        if not part:
            is_case = parent is None and number is not None
            part = self._turns.label(test) if is_case else str(test)
        if number is None and self._kept_back is not None and self._kept_back.text():
            text = f"{text}\nit printed:\n{self._kept_back.text()}"
        self._report(Said(number, kind, clipped(text), part))


def last(said: list[tuple[Any, str]]) -> str:
    """Return the text that was said last."""
    test, text = said[-1]
    said[-1] = test, clipped(text)  # a test may ask the result whether it has failed
    return text
