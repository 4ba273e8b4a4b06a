"""A worker, and what it is doing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from harness.core import realtime as time
from harness.runner.ledger import Attempt, Entry, Outcome
from harness.runner.plan import Work
from harness.runner.transport import Member


class Running(NamedTuple):
    """A test that has begun and not ended.

    Attributes:
        entry: Which one.
        attempt: What is known of it.
    """

    entry: Entry
    attempt: Attempt


class Hand:
    """A worker, and what it is doing.

    Args:
        member: The worker.

    Attributes:
        member: The same.
        loaded: Whether it has loaded the tests.
        works: What it was given and has not done, the first of which it is doing.
        leaving: Whether it was told to end.
        deaf: Whether its connection is closed, though it still runs what it was given.
        missed: When its connection was closed.
        heard: When it has last told something, or was given something to do.
        overdue: Whether it has ended, or was killed, for having told nothing for too long.
        begun: Whether it is in the fixtures before the first test of its first work.
        running: The tests that have begun and not ended.
        mute: The last test, if it has ended and nothing was said of it: it was interrupted.
        said: What was said of the fixtures of its first work.
        spent: How long the tests of the first work have taken so far, in seconds.
        rest: The begin of a line that it is writing down.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.loaded = self.leaving = self.deaf = self.overdue = self.begun = False
        self.works: deque[Work] = deque()
        self.missed = self.heard = self.spent = 0.0
        self.running: list[Running] = []
        self.mute: Running | None = None
        self.said: list[Outcome] = []
        self.rest = b""

    def lines(self) -> Iterable[bytes]:
        """Return what the worker has written down since the last time."""
        data = self.member.read()
        if not data:
            return ()
        self.heard = time.monotonic()
        *lines, self.rest = (self.rest + data).split(b"\n")
        return lines

    @property
    def suspect(self) -> Running | None:
        """The test that is to blame if the worker has ended; None if none is."""
        return self.running[-1] if self.running else self.mute

    def attempt_of(self, number: int, entries: list[Entry]) -> Running:
        """Return a test that has begun.

        Raises:
            LookupError: It has not.
        """
        entry = entries[number]
        for each in reversed(self.running):
            if each.entry is entry:
                return each
        raise LookupError(f"{entry.name} has not begun")
