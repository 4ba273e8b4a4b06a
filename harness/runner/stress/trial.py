"""What is tried in a process of its own, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Run(NamedTuple):
    """A test that is run once.

    Attributes:
        test: Its name.
        seed: What all random choices follow from meanwhile.
    """

    test: str
    seed: int


@dataclass(frozen=True)
class Trial:
    """Tests that are run one after another, in a process of their own.

    Attributes:
        runs: The tests.
        stops: Whether the process ends after the first pass in which one has failed.
        pressed: Whether threads give way to each other at other times than they mostly do.
    """

    runs: tuple[Run, ...]
    stops: bool = False
    pressed: bool = False

    def passes(self) -> Iterator[list[Run]]:
        """Yield runs that are one pass: with one seed, each test once, and fixtures in common.

        Example:
            >>> a, b = Run("a", 1), Run("b", 1)
            >>> list(map(len, Trial((a, b, a, b, Run("a", 2))).passes()))
            [2, 2, 1]
        """
        found: dict[Run, None] = {}
        seed = 0
        for run in self.runs:
            if found and (run.seed != seed or run in found):
                yield list(found)
                found = {}
            found[run], seed = None, run.seed
        yield list(found)


class Failure(NamedTuple):
    """A test that has failed.

    Attributes:
        at: Its place in the trial.
        kind: How it failed.
        text: The traceback.
    """

    at: int
    kind: str
    text: str


@dataclass
class Verdict:
    """What came of a trial.

    Attributes:
        trial: The trial.
        failures: What has failed.
        begun: How many of its runs were begun.
        skipped: Why runs were skipped, by their places.
        output: The end of what the process has printed, where something has failed.
    """

    trial: Trial
    failures: list[Failure] = field(default_factory=list)
    begun: int = 0
    skipped: dict[int, str] = field(default_factory=dict)
    output: str = ""

    @property
    def failed(self) -> bool:
        """Whether the last of its runs has failed."""
        return any(failure.at == len(self.trial.runs) - 1 for failure in self.failures)
