"""Dividing a class among several workers, where that saves more than its repeated fixtures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.runner.plan import Work
from harness.runner.schedule.job import Job
from harness.runner.schedule.lpt import assigned, last, makespan

WORTH = 0.98  # of the time without it: what divides a class has to be shorter than that
TRIES = 16  # classes, one after another, that turn out to end last
STEPS = 30  # of a bisection


def split(jobs: Sequence[Job], workers: int) -> list[Job]:
    """Return jobs, those that bound the run divided, if it is shorter for it.

    The time of the run counts with all repeated fixtures in it.

    Args:
        jobs: What is to be done.
        workers: How many do it.
    """
    if workers == 1 or not any(job.divisible for job in jobs):
        return list(jobs)
    plain = makespan(assigned(jobs, workers))
    if plain * WORTH <= bound(jobs, workers):
        return list(jobs)
    divided = Division(jobs, workers)
    divided.cut_down_to(target(jobs, workers))
    divided.cut_what_ends_last()
    return divided.jobs if divided.makespan < plain * WORTH else list(jobs)


def bound(jobs: Sequence[Job], workers: int) -> float:
    """Return what no division makes shorter, in seconds."""
    total = sum(job.total for job in jobs)
    return max(total / workers, max((job.least for job in jobs), default=0.0))


def target(jobs: Sequence[Job], workers: int) -> float:
    """Return how long the longest job may be, with as much divided as fits into that time."""
    low, high = bound(jobs, workers), max(job.total for job in jobs)
    for _ in range(STEPS):
        if high - low < 0.001 * high:
            break
        middle = (low + high) / 2
        if cost(jobs, middle) <= middle * workers:
            high = middle
        else:
            low = middle
    return high


def cost(jobs: Sequence[Job], longest: float) -> float:
    """Return how long all jobs take together if none may be longer, in seconds."""
    return sum(job.total + (parts_of(job, longest) - 1) * job.setup for job in jobs)


def parts_of(job: Job, longest: float) -> int:
    """Return how many parts of a job it takes if none may be longer, wherever they are cut."""
    if not job.divisible or job.total <= longest:
        return 1
    return math.ceil(sum(job.seconds) / (longest - job.setup))


def chunks(job: Job, longest: float) -> list[Job]:
    """Divide a job into parts that are no longer than that, if no test alone is; in its order."""
    starts, spent = [0], job.setup
    for number, seconds in enumerate(job.seconds):
        if spent + seconds > longest and number > starts[-1]:
            starts.append(number)
            spent = job.setup
        spent += seconds
    stops = [*starts[1:], len(job.seconds)]
    return [job.part(start, stop) for start, stop in zip(starts, stops, strict=True)]


def evenly(job: Job, parts: int) -> list[Job]:
    """Divide a job into so many parts, the longest of them as short as it can be."""
    low, high = max(job.least, job.setup + sum(job.seconds) / parts), job.total
    for _ in range(STEPS):
        middle = (low + high) / 2
        if len(chunks(job, middle)) <= parts:
            high = middle
        else:
            low = middle
    return chunks(job, high)


class Division:
    """Jobs, and into how many parts each of them is divided.

    Args:
        jobs: What is to be done.
        workers: How many do it.
    """

    def __init__(self, jobs: Sequence[Job], workers: int) -> None:
        self._whole = {job.work: job for job in jobs}
        self._parts: dict[Work, list[Job]] = {job.work: [job] for job in jobs}
        self._workers = workers

    @property
    def jobs(self) -> list[Job]:
        """All parts, in the order of the jobs."""
        return [part for parts in self._parts.values() for part in parts]

    @property
    def makespan(self) -> float:
        """How long the run is, in seconds."""
        return makespan(assigned(self.jobs, self._workers))

    def cut_down_to(self, longest: float) -> None:
        """Divide all jobs that are longer than that."""
        for work, job in self._whole.items():
            parts = parts_of(job, longest)
            if parts > 1:
                self._parts[work] = evenly(job, parts)

    def cut_what_ends_last(self) -> None:
        """Divide whatever ends last, again and again, as long as the run gets shorter for it."""
        for _ in range(TRIES):
            shares = assigned(self.jobs, self._workers)
            final, before = last(shares), makespan(shares)
            work = next(work for work, parts in self._parts.items() if final in parts)
            if not self._whole[work].divisible or not self._improve(work, before):
                return

    def _improve(self, work: Work, before: float) -> bool:
        """Divide a job into more parts if that is worth it; tell whether it was."""
        job, old = self._whole[work], self._parts[work]
        most = min(self._workers, len(job.seconds))
        for parts in range(len(old) + 1, min(len(old) + 3, most) + 1):
            self._parts[work] = evenly(job, parts)
            if self.makespan < before * WORTH:
                return True
        self._parts[work] = old
        return False
