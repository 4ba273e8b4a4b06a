"""What is repeated, and how."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.runner.selection import Selection

EACH = 100  # runs in one process


@dataclass(frozen=True)
class Terms:
    """How long to go on.

    Attributes:
        runs: How many times at most; None without an end.
        seconds: How long at most; None without an end.
        each: How many times in one process, before it is left for a new one.
    """

    runs: int | None = None
    seconds: float | None = None
    each: int = EACH


@dataclass(frozen=True)
class Options:
    """What is repeated, and how.

    Attributes:
        test: A test, or a class or module of tests.
        selection: How its tests are found; all of its suite, if they are discovered.
        lanes: How many processes repeat it, side by side.
        seed: What all other seeds follow from.
        same_seed: Whether it is repeated with that one.
        terms: How long.
        load: How many processes keep the machine busy meanwhile.
        memory: How much memory one more keeps busy, in megabytes.
        timeout: Seconds that one test may take; None for ever.
        in_suite: Whether to look for other tests that make it fail.
    """

    test: str
    selection: Selection
    lanes: int = 1
    seed: int = 0
    same_seed: bool = False
    terms: Terms = field(default_factory=Terms)
    load: int = 0
    memory: int = 0
    timeout: float | None = None
    in_suite: bool = False
