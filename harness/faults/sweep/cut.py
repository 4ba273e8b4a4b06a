"""One run of a sweep, as a `with` block."""

from __future__ import annotations

import contextlib
import reprlib
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from harness.faults.sweep.deadline import Deadline, Overdue, TaskDeadline
from harness.faults.sweep.errors import check_done, entered_twice
from harness.faults.sweep.points import Point
from harness.faults.sweep.run import Run

if TYPE_CHECKING:
    from harness.faults.sweep.sweep import Sweep


class Cut:
    """One run of the action, with one loss or, the first time, with none.

    Entering it puts the data back, runs the action, and waits until the servers are at their end;
    its block checks what has to hold. For an action that is awaited it is an `async with` block.

    Attributes:
        point: What is lost; None in the clean run.
        error: What the action raised; None if it succeeded.
        result: What it returned.
        entered: Whether its block was begun.
    """

    def __init__(self, sweep: Sweep, run: Run) -> None:
        self.point: Point | None = run.point
        self.error: Exception | None = None
        self.result: Any = None
        self.entered = False
        self._sweep = sweep
        self._run = run

    def __repr__(self) -> str:
        return f"<cut: {self.where}>"

    @property
    def where(self) -> str:
        """What is lost, for people."""
        return "the clean run" if self.point is None else self._sweep.name_of(self.point)

    @property
    def outcome(self) -> str:
        """What became of the action."""
        if self.error is None:
            returned = "" if self.result is None else f" and returned {reprlib.repr(self.result)}"
            return f"the action succeeded{returned}"
        return f"the action raised {type(self.error).__name__}"

    def __enter__(self) -> Cut:
        with self._running(Deadline):
            self.result = self._sweep.action()
            check_done(self.result)
        return self

    async def __aenter__(self) -> Cut:
        with self._running(TaskDeadline):
            self.result = await self._sweep.action()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return self._sweep.judge(self, error)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return self._sweep.judge(self, error)

    @contextlib.contextmanager
    def _running(self, limit: type[Deadline]) -> Iterator[None]:
        """Run the action in a block: what it raises is kept."""
        if self.entered:
            raise entered_twice()
        self.entered = True
        self._sweep.arm(self._run)
        deadline = limit(self._sweep.within, self._sweep.cut_all)
        try:
            with deadline:
                yield
        except Overdue:
            pass
        except Exception as error:
            self.error = error
        self._sweep.settle(self, self._run, overdue=deadline.passed)
