"""What no schedule makes shorter, and how long a run is with other workers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.runner.schedule.job import Job
from harness.runner.schedule.resources import MEMORY, Limits

WORK, UNIT, TEST, SERVICE, RESOURCE = "work", "unit", "test", "service", "resource"


@dataclass(frozen=True)
class Bound:
    """What a run cannot be shorter than.

    Attributes:
        kind: `work`, `unit`, `test`, `service` or `resource`.
        name: Which unit, service or resource; empty for all work together.
        seconds: How long.
    """

    kind: str
    name: str
    seconds: float

    def __str__(self) -> str:
        return {
            WORK: "all work together",
            UNIT: f"{self.name} in one piece",
            TEST: f"the longest test of {self.name} with the fixtures",
            SERVICE: f"the start of {kind_of(self.name)} with the longest class that needs it",
            RESOURCE: f"the tests that need {'memory' if self.name == MEMORY else self.name}",
        }[self.kind]


def kind_of(service: str) -> str:
    """Return the kind of a service, which its name begins with.

    Example:
        >>> kind_of("postgres-a636631e")
        'postgres'
    """
    return service.rpartition("-")[0]


@dataclass(frozen=True)
class Suite:
    """What there is to be done, and under which conditions.

    Attributes:
        jobs: What is to be done.
        limits: How much there is of what they share.
        ready: When services are ready, in seconds since the begin.
        divided: Whether those may be divided that can be.
    """

    jobs: Sequence[Job]
    limits: Limits = field(default_factory=Limits)
    ready: Mapping[str, float] = field(default_factory=dict)
    divided: bool = False

    def bounds(self, workers: int) -> list[Bound]:
        """Return what the run cannot be shorter than on so many workers, the longest first."""
        bounds = [
            Bound(WORK, "", sum(job.total for job in self.jobs) / workers),
            *self._longest(),
            *self._of_services(),
            *self._of_resources(workers),
        ]
        return sorted(bounds, key=lambda bound: -bound.seconds)

    def _least(self, job: Job) -> float:
        """Return how long the longest part of a job is at least."""
        return job.least if self.divided else job.total

    def _longest(self) -> list[Bound]:
        longest = max(self.jobs, key=self._least)
        kind = TEST if self.divided and longest.divisible else UNIT
        return [Bound(kind, longest.work.unit, self._least(longest))]

    def _of_services(self) -> list[Bound]:
        longest: dict[str, float] = {}
        for job in self.jobs:
            for service in job.needs.services:
                longest[service] = max(longest.get(service, 0.0), self._least(job))
        return [
            Bound(SERVICE, service, self.ready.get(service, 0.0) + seconds)
            for service, seconds in longest.items()
            if self.ready.get(service)
        ]

    def _of_resources(self, workers: int) -> list[Bound]:
        loads: Counter[str] = Counter()
        users: defaultdict[str, float] = defaultdict(float)
        for job in self.jobs:
            for name, amount in job.needs.amounts:
                limit = self.limits.of(name)
                loads[name] += min(amount / limit, 1.0) * job.total  # type: ignore[assignment]
            for kind in job.needs.kinds:
                users[kind] += job.total
        limited = {k: self.limits.workers[k] for k in users if k in self.limits.workers}
        return [Bound(RESOURCE, name, seconds) for name, seconds in loads.items()] + [
            Bound(RESOURCE, kind, users[kind] / limit)
            for kind, limit in limited.items()
            if limit < workers
        ]
