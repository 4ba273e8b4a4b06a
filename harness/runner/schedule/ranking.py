"""Jobs with the same needs, and an order of these that is not sought anew for each job."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.runner.schedule.job import Job, Needs

FEW = 8  # with less than one of so many out of order, each is put into its place


@dataclass(eq=False)
class Lane:
    """Jobs with the same needs, of which the first is the next one.

    Attributes:
        needs: What each of them needs.
        number: Which lane it is; of two that are equally urgent, the lower one is the first.
        shared: The resources by which its urgency follows from that of others.
        jobs: By their place in the order.
        passed: How many times others took what the first one waits for.
    """

    needs: Needs
    number: int
    shared: tuple[str, ...] = ()
    jobs: list[tuple[float, int, Job]] = field(default_factory=list)
    passed: int = 0

    @property
    def place(self) -> float:
        """The place of its first job in the order."""
        return self.jobs[0][0]

    def push(self, place: float, number: int, job: Job) -> None:
        """Add a job."""
        heapq.heappush(self.jobs, (place, number, job))

    def pop(self) -> Job:
        """Take the first job."""
        return heapq.heappop(self.jobs)[2]


Rank: TypeAlias = tuple[tuple[float, float], int, Lane]


class Ranking:
    """Lanes with jobs, the most urgent first.

    Args:
        urgency: Returns the place of a lane in the order.
    """

    def __init__(self, urgency: Callable[[Lane], tuple[float, float]]) -> None:
        self._urgency = urgency
        self._order: list[Rank] = []
        self._ranks: dict[Lane, Rank] = {}
        self._users: defaultdict[str, set[Lane]] = defaultdict(set)
        self._changed: set[Lane] = set()
        self._moved: set[str] = set()

    def change(self, lane: Lane) -> None:
        """Take note that a lane has other jobs, and so that what shares something has to move."""
        self._changed.add(lane)
        self._moved.update(lane.shared)
        for resource in lane.shared:
            self._users[resource].add(lane)

    def __iter__(self) -> Iterator[Lane]:
        if self._changed:
            self._settle()
        for _, _, lane in self._order:
            yield lane

    def _settle(self) -> None:
        changed = self._changed.union(*(self._users[resource] for resource in self._moved))
        self._changed.clear()
        self._moved.clear()
        if FEW * len(changed) < len(self._order):
            for lane in changed:
                self._move(lane)
        else:
            for lane in changed:
                self._rank(lane)
            self._order = sorted(self._ranks.values())

    def _move(self, lane: Lane) -> None:
        if lane in self._ranks:
            del self._order[bisect_left(self._order, self._ranks[lane])]
        self._rank(lane)
        if lane.jobs:
            insort(self._order, self._ranks[lane])

    def _rank(self, lane: Lane) -> None:
        if lane.jobs:
            self._ranks[lane] = self._urgency(lane), lane.number, lane
            return
        self._ranks.pop(lane, None)
        for resource in lane.shared:
            self._users[resource].discard(lane)
