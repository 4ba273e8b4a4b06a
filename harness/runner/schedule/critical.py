"""What bounds a run that was measured, and whether another worker would make it shorter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.runner.ledger import Ledger
from harness.runner.options import DURATION, Options
from harness.runner.plan import Work
from harness.runner.schedule.arrangement import limits_of
from harness.runner.schedule.bounds import WORK, Bound, Suite
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.job import Job
from harness.runner.schedule.known import Known
from harness.runner.schedule.queue import Schedule
from harness.runner.schedule.simulation import Fleet, durations, end_of
from harness.runner.schedule.splitting import split

if TYPE_CHECKING:
    from harness.runner.coordinator import Coordinator

GAIN = 0.98  # of the time with as many workers as there were: what is shorter is a gain
SHOWN = 4  # bounds


@dataclass(frozen=True)
class CriticalPath:
    """What bounds a run.

    Attributes:
        workers: How many there were.
        seconds: How long the run took.
        bounds: What it cannot be shorter than, the longest first.
        expected: How long the same schedule takes where nothing but the tests takes time.
        with_one_more: The same with one more worker.
    """

    workers: int
    seconds: float
    bounds: tuple[Bound, ...]
    expected: float
    with_one_more: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return what to print of it."""
        first = self.bounds[0]
        over = self.seconds / first.seconds if first.seconds else 1.0
        return [
            f"critical path: {self.seconds:.2f} s on {counted(self.workers)}, "
            f"{over:.2f} of the lower bound",
            *(f"{bound.seconds:10.2f} s  {bound}" for bound in self.bounds[:SHOWN]),
            f"one more process: {self._gain()}",
        ]

    def _gain(self) -> str:
        if self.with_one_more < self.expected * GAIN:
            less = 1 - self.with_one_more / self.expected
            return f"{less:.0%} less time"
        return f"no gain: {self._bounding()} bounds the run"

    def _bounding(self) -> Bound:
        """Return what another worker would not help against."""
        return next((bound for bound in self.bounds if bound.kind != WORK), self.bounds[0])


def counted(workers: int) -> str:
    """Return a number of processes in words."""
    return f"{workers} process" if workers == 1 else f"{workers} processes"


def critical_path(
    suite: Suite, workers: int, seconds: float, *, divide: bool = False
) -> CriticalPath | None:
    """Return what bounds a run; None if nothing ran.

    Args:
        suite: What was done, in the parts in which it was done.
        workers: How many did it.
        seconds: How long the run took.
        divide: Whether a class may be divided into other parts by more workers.
    """
    if not suite.jobs:
        return None
    whole = replace(suite, jobs=joined(suite.jobs), divided=True) if divide else suite
    more = replace(suite, jobs=split(whole.jobs, workers + 1)) if divide else suite
    return CriticalPath(
        workers,
        seconds,
        tuple(whole.bounds(workers)),
        length(suite, workers),
        length(more, workers + 1),
    )


def of_run(coordinator: Coordinator, options: Options) -> CriticalPath | None:
    """Return what has bounded a run; None if nothing ran, or all of it more than once."""
    if options.repeat != 1:
        return None
    ready = coordinator.kept.ready if coordinator.kept is not None else {}
    suite = Suite(jobs_of(coordinator.ledger), limits_of(options), ready)
    divide = options.order == DURATION and options.known is not None
    return critical_path(suite, coordinator.workers, coordinator.seconds, divide=divide)


def length(suite: Suite, workers: int) -> float:
    """Return how long a suite takes on so many workers, in seconds."""
    known = durations(suite.jobs)
    queue = Schedule(Told(suite.jobs), suite.limits)
    queue.add(known)
    return end_of(Fleet(workers, queue, known.__getitem__, suite.ready).run())


class Told(Estimates):
    """Estimates of jobs that are known as they are.

    Args:
        jobs: The jobs.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.measured = True
        self._jobs = {job.work: job for job in jobs}

    def of(self, work: Work) -> Job:
        """Return the job of some work."""
        return self._jobs[work]


def joined(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs with the parts of a unit as one."""
    units: dict[str, Job] = {}
    for job in jobs:
        one = units.get(job.work.unit)
        if one is not None:
            work = one.work._replace(tests=one.work.tests + job.work.tests)
            job = replace(one, work=work, seconds=one.seconds + job.seconds)
        units[job.work.unit] = job
    return list(units.values())


def jobs_of(ledger: Ledger) -> list[Job]:
    """Return what a run has done the first time round, in the parts in which it was done."""
    known = Known(
        {entry.name: entry.attempts[0].seconds for entry in ledger.numbered if entry.attempts},
        {
            unit.key: sum(unit.fixtures) / len(unit.fixtures)
            for unit in ledger.units.values()
            if unit.fixtures
        },
    )
    estimates = Estimates(ledger.units.values(), known)
    parts: dict[tuple[str, int | None], list[str]] = {}
    for entry in ledger.numbered:
        if entry.attempts and entry.attempts[0].worker is not None:
            parts.setdefault((entry.unit, entry.attempts[0].worker), []).append(entry.name)
    return [estimates.of(Work(unit, tuple(names))) for (unit, _), names in parts.items()]
