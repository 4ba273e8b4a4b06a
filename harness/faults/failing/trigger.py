"""Failures that are armed, and which statement each of them hits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from harness.faults.failing.failure import Failure
from harness.faults.wire.message import shortened

KEPT = 10  # statements of those that were seen


@dataclass(frozen=True)
class Report:
    """What has become of a failure.

    Attributes:
        happened: How often it has happened.
        count: How many statements were seen meanwhile.
        seen: The last of them, shortened.
        unreadable: How many connections could not be read, since they were encrypted.
    """

    happened: int = 0
    count: int = 0
    seen: list[str] = field(default_factory=list)
    unreadable: int = 0


class Trigger:
    """A failure that is armed.

    Args:
        failure: What is to happen.

    Attributes:
        failure: What is to happen.
        unreadable: How many connections have ended meanwhile that could not be read.
    """

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        self.unreadable = 0
        self._passing = failure.after
        self._happened = self._count = 0
        self._seen: list[str] = []

    def is_due(self, statement: str) -> bool:
        """See a statement, and tell whether it is to fail."""
        self._count += 1
        self._seen = [*self._seen, shortened(statement)][-KEPT:]
        if not self.failure.matches(statement):
            return False
        if self._passing:
            self._passing -= 1
            return False
        return self.failure.times is None or self._happened < self.failure.times

    def happen(self) -> Failure:
        """Note that it happens, and return it."""
        self._happened += 1
        return self.failure

    def report(self, unreadable: int = 0) -> Report:
        """Return what has become of it.

        Args:
            unreadable: How many connections are open that cannot be read.
        """
        unread = self.unreadable + unreadable
        return Report(self._happened, self._count, self._seen, unread)


class Triggers:
    """The failures that are armed in one place; the one that was armed first goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Trigger] = []

    def __bool__(self) -> bool:
        return bool(self._armed)

    def arm(self, failure: Failure) -> Trigger:
        """Have a failure."""
        trigger = Trigger(failure)
        with self._lock:
            self._armed = [*self._armed, trigger]
        return trigger

    def disarm(self, trigger: Trigger) -> None:
        """Have it no more."""
        with self._lock:
            self._armed = [each for each in self._armed if each is not trigger]

    def take(self, statement: str) -> Failure | None:
        """Return what is to happen to a statement, now; None for nothing.

        All that are armed see it, and one of them happens.
        """
        if not self._armed:
            return None
        with self._lock:
            due = [trigger for trigger in self._armed if trigger.is_due(statement)]
            return due[0].happen() if due else None


def report_of(fields: dict[str, Any]) -> Report:
    """Return a report that came as JSON."""
    return Report(fields["happened"], fields["count"], fields["seen"], fields["unreadable"])
