"""A test result that adds to each failure what helps to repeat it."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.core.lease import Holder

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)

if TYPE_CHECKING:
    _Base = unittest.TestResult
else:
    _Base = object


class NotingResult(_Base):
    """Passes everything on to a result; failures get notes first.

    Args:
        result: The runner's own result.
        notes: Makes the notes, when there is a failure.
        holder: The test's leases, told which of their failures were reported.
    """

    def __init__(
        self, result: unittest.TestResult, notes: Callable[[], list[str]], holder: Holder
    ) -> None:
        self._result = result
        self._notes = notes
        self._holder = holder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def addError(self, test: Any, err: Any) -> None:
        """Report an error, with notes."""
        self._note(err)
        self._result.addError(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        """Report a failure, with notes."""
        self._note(err)
        self._result.addFailure(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        """Report a subtest; one that failed gets notes."""
        if err is not None:
            self._note(err)
        self._result.addSubTest(test, subtest, err)

    def _note(self, err: ExcInfo) -> None:
        error = err[1]
        if error is None:
            return
        self._holder.note_reported(error)
        known = getattr(error, "__notes__", ())
        for note in self._notes():
            if note not in known:
                error.add_note(note)
