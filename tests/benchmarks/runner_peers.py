"""The runners that are compared, and what each prints of what it has run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.peers import python_with

ROOT = Path(__file__).parents[2]
STESTR = "[DEFAULT]\ntest_path=.\ntop_dir=.\n"


@dataclass(frozen=True)
class Runner:
    """A runner of tests.

    Attributes:
        name: What it is called.
        packages: What its environment has.
        command: What comes after `python`, by the number of processes.
        counts: What it prints of each test that it has an outcome of, as patterns with a number.
    """

    name: str
    packages: tuple[str, ...]
    command: Callable[[int], list[str]]
    counts: tuple[str, ...]

    def python(self) -> Path | str:
        """Return its Python, or why there is none."""
        return python_with(f"runner-{self.name}", *self.packages)


def xdist(processes: int) -> list[str]:
    """Return how pytest is called; without xdist where there is one process."""
    how = ["-n", str(processes), "--dist", "loadscope"] if processes > 1 else ["-p", "no:xdist"]
    return ["-m", "pytest", "-q", "-p", "no:cacheprovider", *how]


UNITTEST = Runner("unittest", (), lambda _: ["-m", "unittest", "-q"], (r"Ran (\d+) tests",))
# As it is in the working tree: with its only dependency.
HARNESS = Runner(
    "harness",
    ("click",),
    lambda processes: ["-m", "harness", "run", "-n", str(processes)],
    (r"(\d+) passed", r"(\d+) failed"),
)
LONGEST_FIRST = replace(
    HARNESS,
    name="harness, longest first",
    command=lambda processes: [*HARNESS.command(processes), "--order", "duration"],
)
PEERS = (
    Runner(
        "unittest-parallel",
        ("unittest-parallel",),
        lambda processes: ["-m", "unittest_parallel", "--level", "class", f"-qj{processes}"],
        (r"Ran (\d+) tests",),
    ),
    Runner(
        "stestr",
        ("stestr",),
        lambda processes: ["-m", "stestr.cli", "run", "--concurrency", str(processes)],
        (r"Passed: (\d+)", r"Failed: (\d+)"),
    ),
    Runner("pytest-xdist", ("pytest", "pytest-xdist"), xdist, (r"(\d+) passed", r"(\d+) failed")),
)
OURS = (HARNESS, LONGEST_FIRST)


@dataclass(frozen=True)
class Done:
    """What became of a run.

    Attributes:
        seconds: How long it took.
        code: Its exit code; None if it was ended for taking too long.
        output: What it printed.
    """

    seconds: float
    code: int | None
    output: str

    def reported(self, runner: Runner) -> int:
        """Return of how many tests it has told the outcome."""
        found = (re.findall(pattern, self.output) for pattern in runner.counts)
        return sum(int(numbers[-1]) for numbers in found if numbers)


def run(runner: Runner, python: Path, suite: Path, processes: int, patience: float = 120) -> Done:
    """Run a suite, in a session of its own, which is ended where it takes too long."""
    (suite / ".stestr.conf").write_text(STESTR)
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(python), *runner.command(processes)],
        cwd=suite,
        env={**without_python(), "PYTHONPATH": str(ROOT) if runner in OURS else ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return Done(time.perf_counter() - began, None, process.communicate()[0])
    return Done(time.perf_counter() - began, process.returncode, output)


def without_python() -> dict[str, str]:
    """Return the environment without what would change how a Python starts."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
