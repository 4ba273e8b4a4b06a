"""How many tests were skipped, and why: a few lines at the end of a run."""

from __future__ import annotations

import atexit
import os
import re
from collections import Counter
from collections.abc import Iterable

from harness.core.printing import say

NOWHERE = re.compile(r"(no provider can run \w+)\(.*\)")
NEXT = "next: "
MOST = 10  # reasons that are shown


class Skips:
    """Counts tests that were skipped, and says at the end of the process how many, and why.

    `python -m unittest` says how many, and only with `-v` why. Of a machine where a service is
    missing it is what there is to know.
    """

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._process: int | None = None
        self._silent = False

    def silence(self) -> None:
        """Say nothing in this process: somebody else counts."""
        self._silent = True

    def note(self, reason: str) -> None:
        """Note that a test was skipped, or a class in its set-up."""
        if self._process != os.getpid():  # what a test has forked has its own
            self._process, self._reasons = os.getpid(), []
            atexit.register(self._tell, self._process)
        self._reasons.append(reason)

    def _tell(self, process: int) -> None:
        if process == os.getpid() and not self._silent:
            say("\n".join(summary(self._reasons)))


skips = Skips()


def gist(reason: str) -> str:
    r"""Return a reason in one line, the same for services that differ in their options alone.

    Example:
        >>> gist("no provider can run Redis(name='a')\n    docker: no daemon\n  next: try")
        'no provider can run Redis (docker: no daemon)'
    """
    first, *rest = (line.strip() for line in reason.strip().splitlines() or [""])
    nowhere = NOWHERE.fullmatch(first)
    if nowhere is None:
        return first
    details = [line for line in rest if not line.startswith(NEXT)]
    return f"{nowhere[1]} ({'; '.join(details)})" if details else nowhere[1]


def summary(reasons: Iterable[str]) -> list[str]:
    """Return what to print of tests that were skipped, the most frequent reason first.

    Args:
        reasons: Why each of them was.

    Example:
        >>> summary(["not today", "not today", "no time"])
        ['3 tests were skipped:', '    2: not today', '    1: no time']
    """
    counts = Counter(map(gist, reasons))
    total = counts.total()
    if not total:
        return []
    shown = counts.most_common(MOST)
    lines = [f"    {count}: {reason}" for reason, count in shown]
    if len(shown) < len(counts):
        lines.append(f"    {total - sum(n for _, n in shown)}: for other reasons")
    return [f"{total} test{'s were' if total > 1 else ' was'} skipped:", *lines]
