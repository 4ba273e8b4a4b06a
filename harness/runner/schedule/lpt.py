"""Longest processing time first (Graham, Bounds on multiprocessing timing anomalies, 1969)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from harness.runner.schedule.job import Job, longest_first


def assigned(jobs: Sequence[Job], bins: int) -> list[list[Job]]:
    """Share jobs out: each, the longest first, to whoever has least to do so far.

    Args:
        jobs: What is to be done.
        bins: How many there are that do it.

    Returns:
        What each of them has to do; the same for the same jobs, in whatever order they come.
    """
    shares: list[list[Job]] = [[] for _ in range(bins)]
    loads = [(0.0, number) for number in range(bins)]
    for job in longest_first(jobs):
        load, number = heapq.heappop(loads)
        shares[number].append(job)
        heapq.heappush(loads, (load + job.total, number))
    return shares


def makespan(shares: Sequence[Sequence[Job]]) -> float:
    """Return when the last one has done its share, in seconds."""
    return max((sum(job.total for job in share) for share in shares), default=0.0)


def last(shares: Sequence[Sequence[Job]]) -> Job | None:
    """Return the job that ends last; None if there is none."""
    busy = [share for share in shares if share]
    return max(busy, key=lambda share: sum(job.total for job in share))[-1] if busy else None
