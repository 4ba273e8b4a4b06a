"""What shards save: the samples' suites, by one job of CI and by several, on embedded servers.

Each shard runs alone, as on a machine of its own; together they take as long as the longest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Line, bytecode, in_turns, show, times

ROUNDS = 3
SAMPLES = sorted(path for path in Path("samples").iterdir() if path.is_dir())
COUNTS = (1, 2, 4)
AIM = 0.6  # of the time that one job takes, for two


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place, bytecode() as environment:
        variables = {**os.environ, **environment, "HARNESS_PROVIDERS": "embedded", "TEST_SEED": "1"}
        job = partial(seconds_of, Path(place), variables)
        job()  # tells how long the tests take
        walls = {count: partial(wall, job, count) for count in COUNTS}
        medians = in_turns({str(count): action for count, action in walls.items()}, ROUNDS)
    show(f"The samples in shards, the longest of each ({ROUNDS} runs)", lines_of(medians))


def lines_of(medians: dict[str, float]) -> list[Line]:
    """Return what to print of the seconds that each number of shards takes."""
    aims, whole = {"2": f"aim <= {AIM}"}, medians["1"]
    return [
        Line(f"{count} shards", f"{each:.1f} s", times(each, whole), aims.get(count, ""))
        for count, each in medians.items()
    ]


def wall(job: Callable[..., float], count: int) -> float:
    """Return the seconds that the longest of some shards takes."""
    return max(job("--shard", f"{number}/{count}") for number in range(1, count + 1))


def seconds_of(place: Path, environment: dict[str, str], *arguments: str) -> float:
    """Return the seconds that all samples take.

    Args:
        place: Where histories are.
        environment: Variables for the tests.
        arguments: For `harness run`; without any, the run is recorded in the history of the sample.
    """
    seconds = 0.0
    for sample in SAMPLES:
        history = str(place / f"{sample.name}.sqlite")
        recorded = ("--history", str(place / "own.sqlite")) if arguments else ()
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "harness", "run", *arguments, *recorded],
            cwd=sample,
            env={**environment, "HARNESS_HISTORY": history},
            check=True,
            capture_output=True,
        )
        seconds += time.monotonic() - began
    return seconds
