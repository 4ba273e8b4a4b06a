"""How long a test may take, and a worker to end: who is over that, and what is said of it."""

from __future__ import annotations

from harness.core import realtime as time
from harness.runner.backlog import TOO_LONG
from harness.runner.hand import Hand
from harness.runner.transport import Member

GRACE = 2.0  # seconds that a worker has to end itself where a test takes too long
SLACK = 0.2  # seconds before its limit at which a worker that ends itself has reached it
PATIENCE = 60.0  # seconds that a worker has to close its services, or to end when interrupted


class TimeLimits:
    """The time limits of a run.

    Args:
        timeout: Seconds that a test may take; None for ever.
    """

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout

    def overdue(self, hand: Hand) -> bool:
        """Return whether a test takes too long, and whoever was to end it does not."""
        limit = self._timeout
        return (
            limit is not None and bool(hand.works) and hand.heard + limit + GRACE < time.monotonic()
        )

    def dawdles(self, hand: Hand) -> bool:
        """Return whether a worker that is done, and was sent home, has not ended long after."""
        return hand.deaf and hand.leaving and hand.missed + PATIENCE < time.monotonic()

    def told(self, hand: Hand, how: str) -> str:
        """Return how a worker has ended, where that may have been its time limit."""
        limit = self._timeout
        if limit is None or not hand.works:
            return how
        ended_itself = how == "exit code 1" and hand.silent() > limit - SLACK
        if hand.overdue or ended_itself:
            return f"{TOO_LONG} {limit:g} s ({how})"
        return how


def ended(member: Member) -> str:
    """Return how a worker has ended, which has had its time to do so; empty if in order."""
    if member.gone():
        return member.end(PATIENCE)
    member.kill()
    member.end(PATIENCE)
    return f"it did not end within {PATIENCE:g} s, and was killed"
