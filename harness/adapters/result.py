"""A test result that adds to each failure what helps to repeat it."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.core.lease import Holder
from harness.testing.logs import LogRecorder

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)

MARK = "harness: "  # begins each of our notes

if TYPE_CHECKING:
    _Base = unittest.TestResult
else:
    _Base = object


class NotingResult(_Base):
    """Passes everything on to a result; failures get notes first.

    Args:
        result: The runner's own result.
        notes: Makes the notes, when there is a failure, for the test or the subtest.
        holder: The test's leases, told which of their failures were reported.
        logs: The test's logs, told of the end of each subtest.
    """

    def __init__(
        self,
        result: unittest.TestResult,
        notes: Callable[[unittest.TestCase], list[str]],
        holder: Holder,
        logs: LogRecorder,
    ) -> None:
        self._result = result
        self._notes = notes
        self._holder = holder
        self._logs = logs

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._result, name)
        return functools.partial(self._add_subtest, value) if name == "addSubTest" else value

    def addError(self, test: Any, err: Any) -> None:
        """Report an error, with notes; one that is reported already is not repeated."""
        if self._note(test, err):
            self._result.addError(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        """Report a failure, with notes."""
        if self._note(test, err):
            self._result.addFailure(test, err)

    def _add_subtest(self, report: Callable[..., None], test: Any, subtest: Any, err: Any) -> None:
        """Report a subtest; one that failed gets notes."""
        if err is None or self._note(subtest, err):
            report(test, subtest, err)
        self._logs.next_subtest()

    def _note(self, failed: unittest.TestCase, err: ExcInfo) -> bool:
        """Add the notes to an error; tell whether it is news.

        Notes that an earlier test put on the same exception object make way.
        """
        error = err[1]
        if error is None:
            return True
        if self._holder.has_reported(error):
            return False
        self._holder.note_reported(error)
        others = [note for note in getattr(error, "__notes__", ()) if not note.startswith(MARK)]
        error.__notes__ = [*others, *(MARK + note for note in self._notes(failed))]
        return True
