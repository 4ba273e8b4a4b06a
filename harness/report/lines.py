"""How far a run is, where nobody looks on: a line from time to time."""

from __future__ import annotations

from collections.abc import Callable

from harness.report.progress import LOADING, Progress, clock

STEPS = 10  # lines of a run, at most, for how far it is
APART = 5.0  # seconds between two lines
NAMED = 3  # tests that take long
SILENCE = 30.0  # seconds without a line, after which there is one in any case


class Lines:
    """Says how far a run is, every tenth of it, and at least twice a minute.

    Args:
        say: Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._step = 0
        self._said = 0.0

    def look(self, progress: Progress) -> None:
        """Say how far a run is, if it is time."""
        silent = progress.seconds - self._said
        step = progress.done * STEPS // max(progress.total, 1)
        if silent >= SILENCE or (step > self._step and silent >= APART):
            self._step, self._said = step, progress.seconds
            self._say(sentence(progress))

    def close(self) -> None:
        """Do nothing."""


def sentence(progress: Progress) -> str:
    """Return in words how far a run is.

    Example:
        >>> sentence(Progress(total=40, done=7, failed=1, seconds=62))
        '7 of 40 tests after 1:02, 1 failed'
    """
    if not progress.total:
        return f"{LOADING}, {clock(progress.seconds)}"
    words = [f"{progress.done} of {progress.total} tests after {clock(progress.seconds)}"]
    if progress.failed:
        words.append(f"{progress.failed} failed")
    left = progress.left()
    if left is not None:
        words.append(f"about {clock(left)} left")
    slow = progress.slow()
    for each in slow[:NAMED]:
        words.append(f"{each.name} for {each.seconds:.0f} s (worker {each.worker})")
    if slow[NAMED:]:
        words.append(f"and {len(slow) - NAMED} more that take long")
    return ", ".join(words)
