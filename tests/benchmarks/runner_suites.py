"""Suites that the runners are compared on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

TRIVIAL, CLASSES = 2000, 40
SKEWED = 200  # tests, in as many classes
BOUND = 12.0  # seconds that the skewed suite takes at least, on two workers
MORTAL = 60
HEAD = "import os, signal, time, unittest\n"


def trivial(directory: Path) -> None:
    """Write tests that do next to nothing."""
    write(directory, (plain(number, TRIVIAL // CLASSES) for number in range(CLASSES)))


def mortal(directory: Path) -> None:
    """Write tests of a moment, one of which ends its process, as a bug in C would."""
    classes = [plain(number, 5, "time.sleep(0.01)") for number in range(MORTAL // 5)]
    killing = "os.kill(os.getpid(), signal.SIGKILL)"
    classes[4] = classes[4].replace("time.sleep(0.01)", killing, 1)
    write(directory, classes)


def skewed(directory: Path) -> float:
    """Write classes of very different length, with costly set-ups.

    Returns:
        How long it takes two workers at least, in seconds.
    """
    rng = random.Random(7)
    setups = [rng.lognormvariate(0, 1) for _ in range(CLASSES)]
    bodies = [rng.lognormvariate(-1.5, 1.2) for _ in range(SKEWED)]
    scale = 2 * BOUND / (sum(setups) + sum(bodies))
    per_class = SKEWED // CLASSES
    write(
        directory,
        (
            slow(n, scale * setup, [scale * body for body in bodies[n::CLASSES][:per_class]])
            for n, setup in enumerate(setups)
        ),
    )
    longest = max(setup + sum(bodies[n::CLASSES]) for n, setup in enumerate(setups))
    return max(BOUND, scale * longest)


def plain(number: int, tests: int, body: str = "self.assertEqual(1, 1)") -> str:
    """Return a class without fixtures."""
    methods = (f"    def test_{n}(self):\n        {body}\n" for n in range(tests))
    return f"class C{number:02}Test(unittest.TestCase):\n{''.join(methods)}"


def slow(number: int, setup: float, bodies: list[float]) -> str:
    """Return a class whose set-up and tests take so many seconds."""
    methods = (
        f"    def test_{n}(self):\n        time.sleep({seconds:.4f})\n"
        for n, seconds in enumerate(bodies)
    )
    return (
        f"class C{number:02}Test(unittest.TestCase):\n"
        f"    @classmethod\n    def setUpClass(cls):\n        time.sleep({setup:.4f})\n"
        f"{''.join(methods)}"
    )


def write(directory: Path, classes: Iterator[str] | list[str]) -> None:
    """Write classes into modules of ten."""
    directory.mkdir()
    texts = list(classes)
    for number in range(0, len(texts), 10):
        text = HEAD + "\n\n".join(texts[number : number + 10])
        (directory / f"test_{number // 10}.py").write_text(text)
