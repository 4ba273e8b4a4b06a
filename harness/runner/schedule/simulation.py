"""A run as it would be: the same queue, with a clock that jumps to the next event."""

from __future__ import annotations

import functools
import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.runner.plan import Work
from harness.runner.schedule.job import Job
from harness.runner.schedule.queue import Schedule


@dataclass(frozen=True)
class Span:
    """Work that was done.

    Attributes:
        work: What was done.
        worker: By whom.
        began: When, in seconds since the begin of the run.
        ended: When it was known to be done.
    """

    work: Work
    worker: int
    began: float
    ended: float


def free(work: Work) -> float:
    """Return that some work costs the coordinator nothing."""
    return 0.0


@dataclass
class Fleet:
    """Workers that do work which takes as long as it is said to, on a clock of their own.

    Args:
        workers: How many there are.
        queue: What they do, which is in it already.
        seconds: How long some work really takes.
        ready: When services are ready, in seconds since the begin; those that are not named are.
        cost: How long the coordinator, who does one thing at a time, is busy with some work once
            it is done, in seconds; its worker waits so long.
    """

    workers: int
    queue: Schedule
    seconds: Callable[[Work], float]
    ready: Mapping[str, float] = field(default_factory=dict)
    cost: Callable[[Work], float] = free

    def run(self) -> list[Span]:
        """Return who did what when, in the order in which it was known to be done."""
        self._spans: list[Span] = []
        self._idle = list(range(self.workers))
        self._free = 0.0  # when the coordinator has nothing to do
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self.queue.wait_for(self.ready)
        for service, at in self.ready.items():
            self._at(at, functools.partial(self._be_ready, service))
        self._hand_out(0.0)
        while self._events:
            now, _, action = heapq.heappop(self._events)
            action(now)
        return self._spans

    def _at(self, moment: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), action))

    def _be_ready(self, service: str, now: float) -> None:
        self.queue.ready([service])
        self._hand_out(now)

    def _end(self, span: Span, now: float) -> None:
        """Have the coordinator hear of it as soon as it can."""
        self._free = max(self._free, now) + self.cost(span.work)
        self._at(self._free, functools.partial(self._hear, span))

    def _hear(self, span: Span, now: float) -> None:
        self._spans.append(replace(span, ended=now))
        self._idle.append(span.worker)
        self.queue.done(span.work)
        self._hand_out(now)

    def _hand_out(self, now: float) -> None:
        idle, self._idle = self._idle, []
        for worker in idle:
            work = self.queue.next(worker)
            if work is None:
                self._idle.append(worker)
                continue
            span = Span(work, worker, now, now + self.seconds(work))
            self._at(span.ended, functools.partial(self._end, span))


def end_of(spans: Sequence[Span]) -> float:
    """Return when all was done, in seconds since the begin."""
    return max((span.ended for span in spans), default=0.0)


def durations(jobs: Sequence[Job]) -> Mapping[Work, float]:
    """Return how long each work takes, in seconds."""
    return {job.work: job.total for job in jobs}
