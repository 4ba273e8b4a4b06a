"""`harness run` beside other runners of unittest suites: overhead, balance, and a death."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.benchmarks import runner_suites as suites
from tests.benchmarks.measure import Line, in_turns, milliseconds, show, times
from tests.benchmarks.runner_peers import (
    HARNESS,
    LONGEST_FIRST,
    PEERS,
    UNITTEST,
    Runner,
    run,
)

ROUNDS = 5
PATIENCE = 20.0  # seconds after which a run that waits for the dead is ended
Pythons = Mapping[Runner, Path]


def main() -> None:
    """Print all tables."""
    pythons = installed()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        suites.trivial(place / "trivial")
        suites.mortal(place / "mortal")
        bound = suites.skewed(place / "skewed")
        show(f"{suites.TRIVIAL} trivial tests, one process", serial(pythons, place / "trivial"))
        show(f"{suites.TRIVIAL} trivial tests, 2 processes", parallel(pythons, place / "trivial"))
        show(
            f"{suites.SKEWED} tests in {suites.CLASSES} classes of very different length, 2"
            f" processes; at least {bound:.2f} s",
            balance(pythons, place / "skewed", bound),
        )
        show(
            f"{suites.MORTAL} tests, one of which kills its process, 2 processes: of how many"
            " the outcome is told",
            deaths(pythons, place / "mortal"),
        )


def installed() -> dict[Runner, Path]:
    """Return the Python of each runner; without those that cannot be had, which is said."""
    found = {}
    for runner in (HARNESS, UNITTEST, *PEERS):
        python = runner.python()
        if isinstance(python, str):
            print(f"\n{runner.name}: not measured\n  {python}")
        else:
            found[runner] = python
    return found


def seconds(runner: Runner, python: Path, suite: Path, processes: int) -> float:
    """Return how long a run of all tests took.

    Raises:
        RuntimeError: Not all tests have passed: there is nothing to compare.
    """
    done = run(runner, python, suite, processes)
    if done.code != 0:
        raise RuntimeError(f"{runner.name}: exit code {done.code}\n{done.output[-2000:]}")
    return done.seconds


def measured(pythons: Pythons, suite: Path, processes: int, rounds: int) -> dict[str, float]:
    """Return the median of each runner on a suite."""
    actions: dict[str, Callable[[], float]] = {
        runner.name: partial(seconds, runner, python, suite, processes)
        for runner, python in pythons.items()
        if processes == 1 or runner is not UNITTEST
    }
    return in_turns(actions, rounds)


def serial(pythons: Pythons, suite: Path) -> Iterator[Line]:
    """Compare what one process costs."""
    found = measured(pythons, suite, 1, ROUNDS)
    for name, value in found.items():
        aim = "<= 1.3" if name == HARNESS.name else ""
        yield Line(name, milliseconds(value), times(value, found[UNITTEST.name]), aim)


def parallel(pythons: Pythons, suite: Path) -> Iterator[Line]:
    """Compare what two processes cost."""
    found = measured(pythons, suite, 2, ROUNDS)
    best = min(value for name, value in found.items() if name != HARNESS.name)
    for name, value in found.items():
        aim = "< 1" if name == HARNESS.name else ""
        yield Line(name, milliseconds(value), times(value, best), aim)


def balance(pythons: Pythons, suite: Path, bound: float) -> Iterator[Line]:
    """Compare how well the work is shared out, by those who have seen it once."""
    pythons = {LONGEST_FIRST: pythons[HARNESS], **pythons}
    found = measured(pythons, suite, 2, 1)
    for name, value in found.items():
        aim = "<= 1.05" if name == LONGEST_FIRST.name else ""
        yield Line(name, f"{value:.2f} s", times(value, bound), aim)


def deaths(pythons: Pythons, suite: Path) -> Iterator[Line]:
    """Tell what becomes of the other tests."""
    for runner, python in pythons.items():
        done = run(runner, python, suite, 2, PATIENCE)
        how = f"exit {done.code}" if done.code is not None else "hangs"
        aim = str(suites.MORTAL) if runner is HARNESS else ""
        yield Line(runner.name, str(done.reported(runner)), how, aim)
