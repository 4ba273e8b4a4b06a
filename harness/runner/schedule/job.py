"""Work with what is known of it: how long it takes, and what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.runner.plan import Work


@dataclass(frozen=True)
class Needs:
    """What tests cannot run without.

    Attributes:
        amounts: How much of which resource, while they run.
        kinds: Kinds of services of which a worker keeps a part for itself, once it has used one.
        services: What has to be ready, as `facts` calls it.
    """

    amounts: tuple[tuple[str, float], ...] = ()
    kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The resources."""
        return frozenset(name for name, _ in self.amounts)


@dataclass(frozen=True)
class Job:
    """Work with what is known of it.

    Attributes:
        work: What is to be done.
        seconds: How long each of its tests is going to take.
        setup: How long its fixtures are, in seconds: once for all of its tests.
        divisible: Whether several workers may do it, each with the fixtures.
        needs: What it cannot be done without.
    """

    work: Work
    seconds: tuple[float, ...]
    setup: float = 0.0
    divisible: bool = False
    needs: Needs = Needs()

    @property
    def total(self) -> float:
        """How long it takes, in seconds."""
        return self.setup + sum(self.seconds)

    @property
    def least(self) -> float:
        """How long the longest part takes that it can be divided into, in seconds."""
        return self.setup + max(self.seconds, default=0.0) if self.divisible else self.total

    def part(self, start: int, stop: int) -> Job:
        """Return some of its tests, with the fixtures."""
        work = self.work._replace(tests=self.work.tests[start:stop])
        return replace(self, work=work, seconds=self.seconds[start:stop])


def longest_first(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs, the longest first; of two that are equally long, always the same one."""
    return sorted(jobs, key=lambda job: (-job.total, job.work.unit, job.work.tests))
