"""Schedules on simulated fleets, and where one coordinator would end.

Simulated: policies against the lower bound, shards, and 100 000 tests on 1 000 workers. Measured:
what the real coordinator takes for a test, by workers that run them in no time.
"""

from __future__ import annotations

import functools
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.ledger import UnitAccount
from harness.runner.options import DURATION, Options
from harness.runner.plan import Work
from harness.runner.schedule.bounds import Suite
from harness.runner.schedule.critical import Told
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.job import Job
from harness.runner.schedule.known import Known
from harness.runner.schedule.lpt import assigned
from harness.runner.schedule.queue import Schedule
from harness.runner.schedule.shards import by_name, shared_out
from harness.runner.schedule.simulation import Fleet, end_of
from tests.benchmarks.instant import Instant
from tests.benchmarks.measure import Line, bytecode, microseconds, show

CLASSES, NOISE, ROUNDS = 300, 0.15, 9
SHARDS = (2, 4, 8, 16)
TESTS, WORKERS = 100_000, 1_000
PER_CLASS = 20  # tests


@dataclass(frozen=True)
class Made:
    """A suite that nobody has written.

    Attributes:
        jobs: Its classes, as an earlier run has measured them.
        actual: How long each of them takes this time, with its fixtures, in seconds.
    """

    jobs: Sequence[Job]
    actual: dict[str, float]

    def seconds(self, job: Job) -> float:
        """Return how long a class, or its part, takes this time."""
        return job.total * self.actual[job.work.unit]


def made(rng: random.Random, classes: int = CLASSES) -> Made:
    """Return classes of skewed length; a quarter of what they take is fixtures."""
    jobs = []
    for number in range(classes):
        count, pace = rng.randint(1, 2 * PER_CLASS), rng.lognormvariate(0, 1)
        tests = tuple(f"m.C{number}.test_{test}" for test in range(count))
        seconds = tuple(pace * rng.uniform(0.5, 1.5) for _ in tests)
        setup = rng.lognormvariate(0, 1) * PER_CLASS * 0.3
        jobs.append(Job(Work(f"m.C{number}", tests), seconds, setup, count > 1))
    noise = {job.work.unit: rng.lognormvariate(0, NOISE) for job in jobs}
    return Made(jobs, noise)


# Policies: from a suite and a number of shards to how long the last of them takes


def static(
    share: Callable[[Made, int], Sequence[Iterable[Job]]], suite: Made, shards: int
) -> float:
    """Return how long it takes where it is settled before who does what."""
    return max(sum(map(suite.seconds, part)) for part in share(suite, shards))


def hashed(suite: Made, shards: int) -> Sequence[Sequence[Job]]:
    """Share classes out by what they are called."""
    return by_name(suite.jobs, shards)


def counted(suite: Made, shards: int) -> Sequence[Sequence[Job]]:
    """Share classes out so that each has as many tests."""
    return assigned_by(suite.jobs, shards, lambda job: len(job.seconds))


def without_setup(suite: Made, shards: int) -> Sequence[Sequence[Job]]:
    """Share classes out by how long their tests take."""
    return assigned_by(suite.jobs, shards, lambda job: sum(job.seconds))


def longest_first(suite: Made, shards: int) -> Sequence[Sequence[Job]]:
    """Share classes out by how long they take."""
    return assigned(suite.jobs, shards)


def assigned_by(
    jobs: Iterable[Job], shards: int, size: Callable[[Job], float]
) -> Sequence[Sequence[Job]]:
    """Share jobs out, the largest first, by another size than how long they take."""
    known = {job.work: job for job in jobs}
    sized = [Job(work, (size(job),)) for work, job in known.items()]
    return [[known[job.work] for job in part] for part in assigned(sized, shards)]


def dynamic(suite: Made, shards: int) -> float:
    """Return how long it takes where whoever has done something is given the next."""
    known = {job.work: job for job in suite.jobs}
    queue = Schedule(Told(suite.jobs))
    queue.add(known)
    return end_of(Fleet(shards, queue, lambda work: suite.seconds(known[work])).run())


def by_method(suite: Made, shards: int) -> float:
    """Return how long it takes where tests are shared out, each shard with their fixtures."""
    tests = [
        Job(Work(job.work.unit, (name,)), (seconds,))
        for job in suite.jobs
        for name, seconds in zip(job.work.tests, job.seconds, strict=True)
    ]
    setups = {job.work.unit: job.setup for job in suite.jobs}

    def load(part: Sequence[Job]) -> float:
        fixtures = sum(setups[unit] * suite.actual[unit] for unit in {j.work.unit for j in part})
        return fixtures + sum(map(suite.seconds, part))

    return max(map(load, assigned(tests, shards)))


def bound(suite: Made, workers: int) -> float:
    """Return what none of them can be shorter than, in seconds."""
    actual = [Job(job.work, (suite.seconds(job),)) for job in suite.jobs]
    return Suite(actual).bounds(workers)[0].seconds


POLICIES: dict[str, Callable[[Made, int], float]] = {
    "hash": functools.partial(static, hashed),
    "count": functools.partial(static, counted),
    "static LPT, class including set-up": functools.partial(static, longest_first),
    "static LPT ignoring set-up": functools.partial(static, without_setup),
    "dynamic queue in LPT order": dynamic,
    "per method, set-up repeated": by_method,
}


def over_bound(rounds: int = ROUNDS, classes: int = CLASSES) -> dict[str, list[float]]:
    """Return for each policy how long it takes, over the lower bound, for each of `SHARDS`."""
    suites = [made(random.Random(seed), classes) for seed in range(rounds)]
    return {
        name: [
            statistics.median(policy(suite, shards) / bound(suite, shards) for suite in suites)
            for shards in SHARDS
        ]
        for name, policy in POLICIES.items()
    }


def speed_up(shards: int, rounds: int = ROUNDS, classes: int = CLASSES) -> float:
    """Return how many times as fast so many shards are as one, by the assignment of `--shard`."""
    ratios = []
    for seed in range(rounds):
        suite = made(random.Random(seed), classes)
        units = [UnitAccount(job.work.unit, job.work.tests) for job in suite.jobs]
        known = {
            name: s
            for job in suite.jobs
            for name, s in zip(job.work.tests, job.seconds, strict=True)
        }
        setups = {job.work.unit: job.setup for job in suite.jobs}
        estimates = Estimates(units, Known(known, setups))
        shares = shared_out(estimates, shards, measured=True).works
        alone = sum(map(suite.seconds, suite.jobs))
        ratios.append(
            alone / max(sum(suite.seconds(estimates.of(work)) for work in part) for part in shares)
        )
    return statistics.median(ratios)


# The coordinator


@dataclass(frozen=True)
class Cost:
    """What the coordinator takes.

    Attributes:
        test: Seconds for each test.
        message: Seconds for each piece of work: a message there, one back, and the next one chosen.
        plan: Seconds to learn which tests there are, and to put them in order.
        memory: Bytes for each test.
    """

    test: float
    message: float
    plan: float
    memory: float

    def of(self, work: Work) -> float:
        """Return what some work costs, in seconds."""
        return self.message + len(work.tests) * self.test


def units_of(tests: int, per_class: int = PER_CLASS) -> list[tuple[str, list[str]]]:
    """Return classes with so many tests in all."""
    names = [f"package.tests.test_module.Class{n // per_class}Test.test_{n}" for n in range(tests)]
    return [
        (names[at].rpartition(".")[0], names[at : at + per_class])
        for at in range(0, tests, per_class)
    ]


def cost(tests: int, workers: int) -> Cost:
    """Measure the coordinator with workers that take no time.

    By classes of many tests and of one it is told what is for a test and what for a message.
    """
    together, plan = spent(tests, workers, PER_CLASS)
    apart, _ = spent(tests, workers, 1)
    message = max(0.0, (apart - together) / (1 - 1 / PER_CLASS))
    return Cost(apart - message, message, plan, memory_of(tests) / tests)


def spent(tests: int, workers: int, per_class: int) -> tuple[float, float]:
    """Return how long the coordinator is busy with each test, and with the plan, in seconds.

    By the clock of the processor, so that others on the machine do not count.
    """
    units = units_of(tests, per_class)
    known = Known(dict.fromkeys((name for _, names in units for name in names), 0.5))
    options = Options(workers=workers, order=DURATION, known=known)
    watch = Watch()
    coordinator = Coordinator(options, Instant(units, workers), watch)
    began = time.process_time()
    coordinator.run()
    over = time.process_time()
    if coordinator.problem or coordinator.ledger.missing():
        raise RuntimeError(coordinator.problem or "not all tests were run")
    return (over - watch.planned) / tests, watch.planned - began


class Watch(Console):
    """Says nothing, and knows when it was clear what there is to do."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())

    def began(self, ledger: object, workers: int) -> None:
        """Look at the clock."""
        self.planned = time.process_time()


@functools.cache
def memory_of(tests: int) -> int:
    """Return how much memory the account of so many tests takes, when all have passed."""
    tracemalloc.start()
    try:
        units = units_of(tests)
        coordinator = Coordinator(Options(workers=2), Instant([], 2), Watch())
        before, _ = tracemalloc.get_traced_memory()
        coordinator = Coordinator(Options(workers=2), Instant(units, 2), Watch())
        coordinator.run()
        after, _ = tracemalloc.get_traced_memory()
        return after - before
    finally:
        tracemalloc.stop()


LOAD = """
import sys, time
sys.path.insert(0, ".")
from harness.runner.selection import Selection
from harness.runner.units import units_of
from harness.runner.worker import digest_of
began = time.process_time()
digest_of(units_of(Selection().load()))
print(time.process_time() - began)
"""


def loading(tests: int) -> float:
    """Return how long a worker takes to load each of so many tests, in seconds."""
    body = "".join(f"    def test_{number}(self): pass\n" for number in range(PER_CLASS))
    text = f"import unittest\n\nclass ATest(unittest.TestCase):\n{body}"
    with tempfile.TemporaryDirectory() as directory, bytecode() as environment:
        for number in range(tests // PER_CLASS):
            Path(directory, f"test_{number}.py").write_text(text, encoding="utf-8")
        environment["PYTHONPATH"] = str(Path.cwd())
        load = [sys.executable, "-c", LOAD]
        for _ in range(2):  # the first time they are compiled
            done = subprocess.run(
                load,
                cwd=directory,
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                check=True,
            )
    return float(done.stdout) / tests


def wall(tests: int, workers: int, seconds: float, costs: Cost) -> tuple[float, float]:
    """Return how long a run takes and what it cannot be shorter than, in seconds.

    Args:
        tests: How many there are, in classes of `PER_CLASS`.
        workers: How many run them.
        seconds: How long a test takes on average; classes differ.
        costs: What the coordinator takes.
    """
    rng = random.Random(tests)
    jobs = []
    for key, names in units_of(tests):
        pace = seconds * rng.uniform(0.5, 1.5)
        jobs.append(Job(Work(key, tuple(names)), (pace,) * len(names)))
    known = {job.work: job.total for job in jobs}
    queue = Schedule(Told(jobs))
    queue.add(known)
    busy = Fleet(workers, queue, known.__getitem__, cost=costs.of)
    return end_of(busy.run()), Suite(jobs).bounds(workers)[0].seconds


def show_policies() -> None:
    """Simulate policies, and print what comes out."""
    lines = [
        Line(name, "  ".join(f"{ratio:.2f}" for ratio in row)) for name, row in over_bound().items()
    ]
    shards = ", ".join(map(str, SHARDS))
    show(f"Over the lower bound, {CLASSES} classes, {NOISE:.0%} noise, {shards} shards", lines)
    show("Shards", [Line("8 shards against 1", f"x {speed_up(8):.2f}", "", "aim >= 7.5")])


def main(tests: int = TESTS) -> None:
    """Measure, simulate and print."""
    show_policies()
    lines = []
    for workers in 8, 100, WORKERS:
        found = cost(tests, workers)
        figure = f"{microseconds(found.test)} + {microseconds(found.message)}"
        lines.append(Line(f"{workers} workers, a test + a message", figure))
    lines.append(Line(f"plan of {tests} tests", f"{found.plan:.2f} s"))
    lines.append(Line("memory for a test", f"{found.memory:.0f} B"))
    lines.append(Line("each worker, to load a test", microseconds(loading(tests // 10))))
    show(f"The coordinator, {tests} tests in classes of {PER_CLASS}", lines)
    simulate(tests, WORKERS, found)


def simulate(tests: int, workers: int, costs: Cost) -> None:
    """Print how long a run is with that coordinator, by how long a test takes."""
    lines = []
    for seconds in 0.005, 0.01, 0.02, 0.05, 0.1, 1.0:
        took, least = wall(tests, workers, seconds, costs)
        lines.append(Line(f"tests of {seconds:g} s", f"{took:.1f} s", f"x {took / least:.2f}"))
    show(f"{tests} tests on {workers} workers, and over the lower bound", lines)
