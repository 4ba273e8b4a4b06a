"""A failure that is armed in the fault proxy."""

from __future__ import annotations

from harness.faults.failing.trigger import Report, report_of
from harness.faults.http import Line


class RemoteFailure:
    """A failure that is armed in the fault proxy.

    Args:
        line: The line to it.
        path: The failure's path in its API.
    """

    def __init__(self, line: Line, path: str) -> None:
        self._line = line
        self._path = path

    def report(self) -> Report:
        """Return what has become of it.

        Raises:
            FaultError: It is gone.
        """
        return report_of(self._line.ask("GET", self._path))

    def disarm(self) -> Report:
        """Have it no more, and return what has become of it.

        Raises:
            FaultError: It is gone.
        """
        return report_of(self._line.ask("DELETE", self._path))
