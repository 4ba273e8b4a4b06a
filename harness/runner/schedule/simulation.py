"""A run as it would be: the same queue, with a clock that jumps to the next event."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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
        ended: When it was done.
    """

    work: Work
    worker: int
    began: float
    ended: float


@dataclass
class Fleet:
    """Workers that do work which takes as long as it is said to, on a clock of their own.

    Args:
        workers: How many there are.
        queue: What they do, which is in it already.
        seconds: How long some work really takes.
        ready: When services are ready, in seconds since the begin; those that are not named are.
        pause: Seconds that a worker has nothing to do between two works.
    """

    workers: int
    queue: Schedule
    seconds: Callable[[Work], float]
    ready: Mapping[str, float] = field(default_factory=dict)
    pause: float = 0.0

    def run(self) -> list[Span]:
        """Return who did what when, in the order in which it was done."""
        self.queue.wait_for(self.ready)
        self._spans: list[Span] = []
        self._idle = list(range(self.workers))
        self._events: list[tuple[float, int, Span | str]] = []
        for number, (service, at) in enumerate(self.ready.items()):
            self._events.append((at, number, service))
        heapq.heapify(self._events)
        self._hand_out(0.0)
        while self._events:
            now, _, event = heapq.heappop(self._events)
            self._take_note(event)
            self._hand_out(now)
        return self._spans

    def _take_note(self, event: Span | str) -> None:
        if isinstance(event, Span):
            self._spans.append(event)
            self._idle.append(event.worker)
            self.queue.done(event.work)
        else:
            self.queue.ready([event])

    def _hand_out(self, now: float) -> None:
        idle, self._idle = self._idle, []
        for worker in idle:
            work = self.queue.next(worker)
            if work is None:
                self._idle.append(worker)
                continue
            span = Span(work, worker, now, now + self.seconds(work) + self.pause)
            heapq.heappush(self._events, (span.ended, len(self.ready) + worker, span))


def end_of(spans: Sequence[Span]) -> float:
    """Return when all was done, in seconds since the begin."""
    return max((span.ended for span in spans), default=0.0)


def durations(jobs: Sequence[Job]) -> Mapping[Work, float]:
    """Return how long each work takes, in seconds."""
    return {job.work: job.total for job in jobs}
