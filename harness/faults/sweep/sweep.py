"""Losing each request and each response of an action in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from harness.faults.sweep import errors
from harness.faults.sweep.cut import Cut
from harness.faults.sweep.findings import Finding, report
from harness.faults.sweep.points import SIDES, Point, chosen, parse
from harness.faults.sweep.relay import Place, Relay
from harness.faults.sweep.run import TURN, Run
from harness.faults.sweep.site import Site
from harness.faults.sweep.trace import Trace, difference, points_of, step_at

Action: TypeAlias = Callable[[], Any]

__unittest = True  # frames of this module are left out of a failure's traceback


class Sweep:
    """Runs an action once clean, then once for each request and response that can be lost.

    It is iterated over, once; each item is a `Cut`, whose `with` block checks what has to hold.

    Args:
        site: What it is a sweep of.
        action: What is run.
        by: `turn` or `message`.
        lose: `request`, `response`, or both.
        only: The points to try alone, as a failed sweep prints them.
        max_points: How many to try at most.
        within: Seconds that one run of the action may take.
        reset: Puts back, before each run, what the lease does not.

    Raises:
        FaultError: An argument is wrong.
    """

    def __init__(
        self,
        site: Site,
        action: Action,
        *,
        by: str = TURN,
        lose: str | Iterable[str] = SIDES,
        only: str | Iterable[str] = (),
        max_points: int | None = None,
        within: float = 10.0,
        reset: Callable[[], object] | None = None,
    ) -> None:
        errors.check(site, action, by, max_points, within)
        self.action = action
        self.within = within
        self._site = site
        self._unit = by
        self._sides = errors.sides((lose,) if isinstance(lose, str) else tuple(lose))
        self._only = [parse(text) for text in ((only,) if isinstance(only, str) else only)]
        self._most = max_points
        self._reset = reset
        self._open = contextlib.ExitStack()
        self._relay: Relay | None = None
        self._put_back: Callable[[], object] = bool
        self._clean: Sequence[Trace] = ()
        self._points: list[Point] = []
        self._findings: list[Finding] = []

    def __iter__(self) -> Iterator[Cut]:
        self._begin()
        try:
            yield from self._tried(None)
            for point in self._points:
                yield from self._tried(point)
        finally:
            self.close()
        if (error := self.finding()) is not None:
            raise error

    def _begin(self) -> None:
        if self._clean or self._relay is not None:
            raise errors.used_twice()
        with self._open:
            # First, for the connections that it may look at are cut off then.
            self._put_back = self._open.enter_context(self._site.keeping())
            self._open.callback(self._put_back)
            places = self._open.enter_context(self._site.passing())
            self._relay = self._listening(places)
            self._open.callback(self._relay.close)
            self._open.callback(self._quiesce)  # what is left on its way would be written later
            self._open = self._open.pop_all()

    def _listening(self, places: Sequence[Place]) -> Relay:
        try:
            return Relay(places)
        except OSError as error:
            raise errors.taken(self._site.label, error) from error

    def _tried(self, point: Point | None) -> Iterator[Cut]:
        cut = Cut(self, Run(self._unit, self._site.conversation, point))
        yield cut
        if not cut.entered:
            raise errors.not_entered()

    def close(self) -> None:
        """Have all connections go as before."""
        self._open.close()

    @property
    def is_open(self) -> bool:
        """Whether it stands between the action and its servers."""
        return self._relay is not None and self._relay.is_alive

    def arm(self, run: Run) -> None:
        """Put everything back, and have a run begin."""
        if self._relay is None or not self._relay.is_alive:
            raise errors.over()
        if run.point is not None:
            self._quiesce()  # the check may have left a connection with a lock
            self._put_back()
        if self._reset is not None:
            self._reset()
        self._relay.begin(run)

    def _quiesce(self) -> bool:
        """Cut all connections; tell whether the servers have ended them in time."""
        assert self._relay is not None
        return self._relay.end(self.within)

    def cut_all(self) -> None:
        """Cut all connections of the action."""
        assert self._relay is not None
        self._relay.cut_all()

    def settle(self, cut: Cut, run: Run, *, overdue: bool) -> None:
        """Wait until the servers are at their end, and look at what was said.

        Raises:
            FaultError: The action cannot be swept: why, and what to do.
        """
        quiet = self._quiesce()
        if overdue:
            raise errors.overdue(cut.where, self.within) from cut.error
        if run.opaque:
            raise errors.opaque(self._site.label) from cut.error
        if not quiet:
            raise errors.never_quiet(cut.where, self.within)
        if run.point is None:
            self._learn(cut, run)
        elif (how := difference(self._clean, run.traces, run.point)) is not None:
            raise errors.not_repeatable(how) from cut.error

    def _learn(self, cut: Cut, run: Run) -> None:
        """Take the clean run for what every other one has to begin with."""
        if cut.error is not None:
            cut.error.add_note("this was the clean run of a sweep, with nothing lost")
            raise cut.error
        if not run.traces:
            raise errors.no_connection(self._site.label)
        self._clean = run.traces
        self._points = chosen(points_of(self._clean), self._sides, self._only, self._most)

    def judge(self, cut: Cut, error: BaseException | None) -> bool:
        """Keep what the check of a run said; return whether that is all for now."""
        if error is None or cut.point is None:
            return False
        if not isinstance(error, AssertionError):
            error.add_note(f'after {cut.where}; repeat with only="{cut.point}"')
            return False
        number, step = self._points.index(cut.point), step_at(self._clean, cut.point)
        self._findings.append(Finding(number, cut.point, step, cut.outcome, error))
        return True

    def name_of(self, point: Point) -> str:
        """Return what a point loses, for people."""
        step = step_at(self._clean, point)
        return f"the loss of the {point.side} of {self._unit} {point.index} {step}"

    def finding(self) -> AssertionError | None:
        """Return the error for what was found and was not told yet."""
        if not self._findings:
            return None
        found, self._findings = self._findings, []
        error = AssertionError(
            report(found, len(self._points), self._unit, self._clean, self._site.label)
        )
        error.__cause__ = found[0].error
        return error
