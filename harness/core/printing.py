"""Lines for people, beside what a test runner prints."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable

_printer: Callable[[str], None] | None = None

announced_elsewhere: set[int] = set()  # seeds that whoever has started this process has printed


def say(line: str) -> None:
    """Print a line that a test runner's output buffer does not swallow.

    Where nobody can take it, as on a full disk, it is not printed: no test may fail for that.
    """
    if _printer is not None:
        _printer(line)
        return
    stream = sys.__stderr__ or sys.stderr
    if stream is not None:
        with contextlib.suppress(OSError):
            print(f"harness: {line}", file=stream, flush=True)


def say_through(printer: Callable[[str], None] | None) -> Callable[[str], None] | None:
    """Have somebody else print this process's lines, who knows those of other processes, too.

    Args:
        printer: Who; None for this process itself.

    Returns:
        Who has done it until now.
    """
    global _printer
    before, _printer = _printer, printer
    return before


@functools.cache
def announce_seed(seed: int) -> None:
    """Print the seed, once a process and all that are forked from it."""
    if seed not in announced_elsewhere:
        say(f"seed {seed} (TEST_SEED={seed} repeats this run's random choices)")
