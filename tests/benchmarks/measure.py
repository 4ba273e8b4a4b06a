"""Measuring in turns, and printing what came out."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

WIDTHS = (40, 11, 11, 15)


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Attributes:
        label: What was measured.
        figure: The median, with its unit; or why there is none.
        ratio: How it compares to the table's peer.
        aim: What it should be.
    """

    label: str
    figure: str
    ratio: str = ""
    aim: str = ""

    def __str__(self) -> str:
        label, figure, ratio, aim = WIDTHS
        text = (
            f"  {self.label:{label}}{self.figure:>{figure}}{self.ratio:>{ratio}}{self.aim:>{aim}}"
        )
        return text.rstrip()


def show(title: str, lines: Iterable[Line]) -> None:
    """Print a table."""
    print(f"\n{title}")
    for line in lines:
        print(line, flush=True)


def in_turns(actions: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Call all actions one after another, several times; return the median of each.

    Args:
        actions: By name; each returns what it measured, in seconds.
        rounds: How often each is called, after one call that does not count.
    """
    for action in actions.values():
        action()
    measured: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            measured[name].append(action())
    return {name: statistics.median(values) for name, values in measured.items()}


def per_test(case: type[unittest.TestCase], count: int) -> float:
    """Run the test `test` of a class `count` times; return the seconds that one took.

    Raises:
        RuntimeError: A test failed or was skipped: there is nothing to compare.
    """
    suite = unittest.TestSuite(case("test") for _ in range(count))
    result = unittest.TestResult()
    start = time.perf_counter()
    suite.run(result)
    seconds = (time.perf_counter() - start) / count
    broken = [text for _, text in (*result.errors, *result.failures, *result.skipped)]
    if broken:
        raise RuntimeError(f"{case.__name__}: {broken[0]}")
    return seconds


def per_call(action: Callable[[], object], count: int) -> float:
    """Call an action `count` times; return the seconds that one call took."""
    start = time.perf_counter()
    for _ in range(count):
        action()
    return (time.perf_counter() - start) / count


def python(*arguments: str, **environment: str) -> str:
    """Run Python in a fresh process and return what it printed.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@contextmanager
def bytecode() -> Iterator[dict[str, str]]:
    """Let fresh processes find compiled modules, as an installed package's users do.

    Yields:
        The environment variables to start them with.
    """
    with tempfile.TemporaryDirectory() as directory:
        yield {"PYTHONPYCACHEPREFIX": directory, "PYTHONDONTWRITEBYTECODE": ""}


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    value = seconds * 1e3
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def microseconds(seconds: float) -> str:
    """Write a time in microseconds."""
    return f"{seconds * 1e6:.1f} us"


def times(value: float, peer: float) -> str:
    """Write how many times as long one takes as the other."""
    return f"x {value / peer:.2f}"
