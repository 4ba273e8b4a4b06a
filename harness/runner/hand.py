"""A worker, and what it is doing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
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


@dataclass(eq=False)
class Hand:
    """A worker, and what it is doing.

    Attributes:
        member: The worker.
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

    member: Member
    loaded: bool = False
    works: deque[Work] = field(default_factory=deque)
    leaving: bool = False
    deaf: bool = False
    missed: float = 0.0
    heard: float = 0.0
    overdue: bool = False
    begun: bool = False
    running: list[Running] = field(default_factory=list)
    mute: Running | None = None
    said: list[Outcome] = field(default_factory=list)
    spent: float = 0.0
    rest: bytes = b""

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
        return next(each for each in reversed(self.running) if each.entry is entry)
