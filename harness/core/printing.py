"""Lines for people, beside what a test runner prints."""

from __future__ import annotations

import contextlib
import functools
import sys


def say(line: str) -> None:
    """Print a line that a test runner's output buffer does not swallow.

    Where nobody can take it, as on a full disk, it is not printed: no test may fail for that.
    """
    stream = sys.__stderr__ or sys.stderr
    if stream is not None:
        with contextlib.suppress(OSError):
            print(f"harness: {line}", file=stream, flush=True)


@functools.cache
def announce_seed(seed: int) -> None:
    """Print the seed, once a process and all that are forked from it."""
    say(f"seed {seed} (TEST_SEED={seed} repeats this run's random choices)")
