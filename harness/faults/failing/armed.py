"""A failure that a test has asked for, until it is over."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, TypeAlias

from harness.errors import FaultError, HarnessError
from harness.faults.failing.failure import Failure
from harness.faults.failing.trigger import Report, Trigger, Triggers

Advice: TypeAlias = Callable[[Report], tuple[str, str]]


class Arming(Protocol):
    """Where a failure is armed."""

    def report(self) -> Report:
        """Return what has become of it."""

    def disarm(self) -> Report:
        """Have it no more, and return what has become of it."""


class LocalFailure:
    """A failure that is armed in this process.

    Args:
        triggers: Where.
        trigger: The failure.
    """

    def __init__(self, triggers: Triggers, trigger: Trigger) -> None:
        self._triggers = triggers
        self._trigger = trigger

    def report(self) -> Report:
        """Return what has become of it."""
        return self._trigger.report()

    def disarm(self) -> Report:
        """Have it no more, and return what has become of it."""
        self._triggers.disarm(self._trigger)
        return self._trigger.report()


class Armed:
    """A failure that is armed: until it has happened, or its block or the test is over.

    Args:
        failure: What is to happen.
        arming: Where it is armed.
        advice: Returns the likely cause and the next step, if it does not happen.

    Attributes:
        failure: What is to happen.
    """

    def __init__(self, failure: Failure, arming: Arming, advice: Advice) -> None:
        self.failure = failure
        self._arming = arming
        self._advice = advice
        self._last: Report | None = None

    def __repr__(self) -> str:
        return f"<{self.failure.words}>"

    def __enter__(self) -> Armed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.finish()
        except HarnessError as failure:
            if error is None:
                raise
            error.add_note(str(failure))

    @property
    def happened(self) -> int:
        """How often it has happened so far."""
        return self._report().happened

    def _report(self) -> Report:
        return self._arming.report() if self._last is None else self._last

    def finish(self) -> None:
        """Disarm it, if it is still armed.

        Raises:
            FaultError: It has happened less often than it was to.
        """
        if self._last is not None:
            return
        self._last = Report()  # also where the fault proxy has died: told once
        self._last = report = self._arming.disarm()
        if report.happened < (self.failure.times or 1):
            raise self._unused(report)

    def _unused(self, report: Report) -> FaultError:
        happened = f"happened {report.happened} of {self.failure.times} times"
        cause, hint = self._advice(report)
        return FaultError(
            f"{self.failure.words} {happened if report.happened else 'never happened'}",
            cause=cause,
            hint=hint,
            detail="\n".join(seen(report)) or None,
        )


def seen(report: Report) -> list[str]:
    """Return the lines that name the statements that were seen."""
    if not report.seen:
        return []
    last = f", the last {len(report.seen)} of {report.count}" if report.count > 10 else ""
    return [f"while it was armed, these came{last}:", *(f"  {text}" for text in report.seen)]


def advice(report: Report, failure: Failure, unseen: tuple[str, str]) -> tuple[str, str]:
    """Return the likely cause and the next step for a failure that did not happen.

    Args:
        report: What has become of it.
        failure: What was to happen.
        unseen: The same, for one that has seen no statement at all.
    """
    if report.unreadable:
        return (
            f"{report.unreadable} connection(s) through the fault proxy are encrypted",
            "connect in the clear: add ?sslmode=disable to the URL",
        )
    if report.happened:
        return (
            "the code under test did not try again as often",
            "write times= as often as it tries, or times=None for as often as it may be",
        )
    if not report.count:
        return unseen
    if failure.on is None:
        return (
            "what came only begins or undoes a transaction, or sets something up",
            "name what is to fail with on=...",
        )
    more = f" after the first {failure.after}" if failure.after else ""
    return (
        f"on={failure.on!r} matches none of them{more}",
        "correct it: a regular expression for the begin of the statement, "
        'such as "update orders" or ".*for update"',
    )
