"""A queue that knows how long things take, what they share, and which services are ready."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator

from harness.runner.plan import Work
from harness.runner.queue import Queue
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.job import Job, Needs
from harness.runner.schedule.ranking import Lane, Ranking
from harness.runner.schedule.resources import Limits, Seats, Stock
from harness.runner.schedule.splitting import split

FIRST = 1e9  # more seconds than any run takes, and more places than any has
PATIENCE = 2  # times that others take what a job waits for; then it is kept for that one


class Schedule(Queue):
    """Work that nobody does yet: the longest first, of what can be done now.

    A job whose services are not ready comes after those whose are. Where a thing that there is one
    of is needed by so many jobs that they bound the run, theirs is the next.

    Args:
        estimates: How long things take, and what they need.
        limits: How much there is of what they share.
        by_duration: Whether the longest is the first; else what was added first.
        workers: Among how many a class may be divided.
        urgent: Tests whose work is done before all other work, whatever the order.

    Attributes:
        estimates: The same.
    """

    def __init__(
        self,
        estimates: Estimates,
        limits: Limits | None = None,
        *,
        by_duration: bool = True,
        workers: int = 1,
        urgent: Container[str] = frozenset(),
    ) -> None:
        super().__init__()
        limits = limits or Limits()
        self.estimates, self._limits, self._by_duration = estimates, limits, by_duration
        self._workers, self._urgent = workers, urgent
        self._stock, self._seats = Stock(limits), Seats(limits)
        self._lanes: dict[Needs, Lane] = {}
        self._ranking = Ranking(self._urgency)
        self._waiting: frozenset[str] = frozenset()
        self._numbers = itertools.count()
        self._load: Counter[str] = Counter()  # seconds of each resource that is still needed
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def wait_for(self, services: Iterable[str]) -> None:
        """Hand out no work that needs one of these, until they are ready."""
        self._waiting |= frozenset(services)

    def ready(self, services: Iterable[str]) -> None:
        """Take note that services are ready, or that it is not worth to wait for them."""
        self._waiting -= frozenset(services)

    @property
    def awaited(self) -> Collection[str]:
        """The services that are waited for."""
        return self._waiting

    def add(self, works: Iterable[Work]) -> None:
        """Add work, after all that there is, if it is not the duration that counts."""
        for job in split([self.estimates.of(work) for work in works], self._workers):
            number = next(self._numbers)
            place = -job.total if self._by_duration else number
            if any(name in self._urgent for name in job.work.tests):
                place -= FIRST
            self._put(job, place, number)

    def put_back(self, works: Iterable[Work]) -> None:
        """Add work that was taken and not done, before all that there is."""
        for work in works:
            self._put(self.estimates.of(work), float("-inf"), next(self._numbers))

    def _put(self, job: Job, place: float, number: int) -> None:
        lane = self._lanes.get(job.needs)
        if lane is None:
            shares = self._shares(job.needs) if self._by_duration else []
            shared = tuple(resource for resource, _ in shares)
            lane = self._lanes[job.needs] = Lane(job.needs, number, shared)
        lane.push(place, number, job)
        self._count(job, 1)
        self._ranking.change(lane)

    def _count(self, job: Job, sign: int) -> None:
        self._length += sign
        for resource, share in self._shares(job.needs):
            self._load[resource] += sign * share * job.total  # type: ignore[assignment]

    def _shares(self, needs: Needs) -> list[tuple[str, float]]:
        """Return the share of each resource that is needed, of all that there is."""
        shares = [(name, min(1.0, much / self._limits.of(name))) for name, much in needs.amounts]
        known = self._limits.workers
        return shares + [(kind, 1 / known[kind]) for kind in needs.kinds if kind in known]

    def next(self, worker: int = 0) -> Work | None:
        """Take what a worker is to do next.

        Args:
            worker: Which one it is.

        Returns:
            The work; None if there is nothing, or nothing for this one now.
        """
        self._seats.take(worker)
        kept: set[str] = set()  # for what has waited long enough
        lacking: list[Lane] = []
        for lane in self._ready():
            if self._stock.lacks(lane.needs) or not kept.isdisjoint(lane.needs.names):
                lacking.append(lane)
                if lane.passed >= PATIENCE:
                    kept |= lane.needs.names
            elif self._seats.allows(worker, lane.needs):
                self._note_passed(lacking, lane)
                return self._take(lane)
        return None

    def _ready(self) -> Iterator[Lane]:
        """Yield the lanes whose services are ready, the most urgent first."""
        for lane in self._ranking:
            if not (self._waiting and self._waiting.intersection(lane.needs.services)):
                yield lane

    def _urgency(self, lane: Lane) -> tuple[float, float]:
        """Return the place of a lane in the order: how long it, or what it shares, takes yet."""
        if not self._by_duration:
            return lane.place, 0.0
        shared = max((self._load[resource] for resource in lane.shared), default=0.0)
        return min(lane.place, -shared), lane.place

    def _take(self, lane: Lane) -> Work:
        job = lane.pop()
        self._count(job, -1)
        self._ranking.change(lane)
        self._stock.take(lane.needs)
        if not lane.jobs:
            del self._lanes[lane.needs]
        return job.work

    def _note_passed(self, lacking: Iterable[Lane], taken: Lane) -> None:
        """Note of more urgent lanes that another one takes what they wait for."""
        taken.passed = 0
        for lane in lacking:
            lane.passed += not taken.needs.names.isdisjoint(lane.needs.names)

    def seconds(self, work: Work, pace: float) -> float:
        """Return how long some work takes; what shares something is the last of a portion."""
        job = self.estimates.of(work)
        if job.needs.amounts:
            return float("inf")
        return job.total if self.estimates.measured else super().seconds(work, pace)

    def done(self, work: Work) -> None:
        """Take note that work was done, or is taken from who was to do it: it uses no more."""
        self._stock.give_back(self.estimates.of(work).needs)

    def left(self, worker: int) -> None:
        """Take note that a worker has ended."""
        self._seats.leave(worker)
