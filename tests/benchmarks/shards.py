"""What shards save: the samples' suites, by one job of CI and by several, on embedded servers.

Each shard runs alone, as on a machine of its own; together they take as long as the longest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Line, bytecode, in_turns, show

ROUNDS = 3
SAMPLES = sorted(path for path in Path("samples").iterdir() if path.is_dir())
COUNTS = (1, 2, 4)
MEASURED = "measured"
AIM = 0.6  # of the time that one job takes, for two


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place, bytecode() as environment:
        variables = {**os.environ, **environment, "HARNESS_PROVIDERS": "embedded", "TEST_SEED": "1"}
        job = partial(seconds_of, Path(place), variables)
        job(1, 1, MEASURED)
        walls = {count: partial(wall, job, count) for count in COUNTS}
        medians = in_turns({str(count): action for count, action in walls.items()}, ROUNDS)
    show(f"The samples in shards, the longest of each ({ROUNDS} runs)", lines_of(medians))


def lines_of(medians: dict[str, float]) -> list[Line]:
    """Return what to print of the seconds that each number of shards takes."""
    aims = {"2": f"aim <= {AIM}"}
    return [
        Line(
            f"{count} shards",
            f"{median:.1f} s",
            f"{median / medians['1']:.2f}",
            aims.get(count, ""),
        )
        for count, median in medians.items()
    ]


def wall(job: Callable[[int, int], float], count: int) -> float:
    """Return the seconds that the longest of some shards takes."""
    return max(job(number, count) for number in range(1, count + 1))


def seconds_of(
    place: Path, environment: dict[str, str], number: int, count: int, measured: str = ""
) -> float:
    """Return the seconds that a shard takes for all samples.

    Args:
        place: Where histories are.
        environment: Variables for the tests.
        number: Of the shard.
        count: How many there are.
        measured: Which history to write into; empty for a copy of `MEASURED`, as shards get it.
    """
    seconds = 0.0
    for sample in SAMPLES:
        history = place / f"{sample.name}-{measured or 'copy'}.sqlite"
        if not measured:
            shutil.copy(place / f"{sample.name}-{MEASURED}.sqlite", history)
        shard = ("--shard", f"{number}/{count}", "--history", str(history))
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "harness", "run", *shard],
            cwd=sample,
            env=environment,
            check=True,
            capture_output=True,
        )
        seconds += time.monotonic() - began
    return seconds
