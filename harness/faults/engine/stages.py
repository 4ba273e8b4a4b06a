"""What each toxic does to events, one class for each.

A stage sleeps never: it says when what it lets through is due. It handles one event after another,
as the goroutine of a toxic does: what comes while it is busy begins when that is over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from harness.faults.engine.draws import Draws
from harness.faults.engine.events import Event, Kind

SLICE = 0.1  # seconds: what a bandwidth toxic lets through at once is no more than that much
BLOCK = 1 << 15  # bytes: and no more than that


class Stage:
    """A toxic at work on one direction of one connection.

    Args:
        attributes: The toxic's attributes; they may change, and `restart` is called then.
        draws: Its random choices on this connection.
        now: When it begins.
        first: Whether it was there before the connection was.

    Attributes:
        deadline: When `expire` is to be called, whatever comes; None for never.
    """

    deadline: float | None = None

    def __init__(
        self, attributes: Mapping[str, int], draws: Draws, now: float, *, first: bool
    ) -> None:
        self.attributes = attributes
        self.draws = draws
        self.first = first
        self.ended = False
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin anew, with nothing left to wait for."""
        self.free = now

    def feed(self, event: Event) -> Iterator[Event]:
        """Yield what becomes of an event."""
        if self.ended:
            return
        begin = max(event.due, self.free)
        self.free = begin
        if event.kind is Kind.DATA:
            yield from self.pass_on(event, begin)
        else:
            yield from self.finish(event, begin)

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield what becomes of bytes that are handled from `begin` on."""
        yield event._replace(due=begin)

    def finish(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield what becomes of an end that is handled from `begin` on."""
        yield event._replace(due=begin)

    def expire(self) -> Iterator[Event]:
        """Yield what happens at the deadline."""
        yield from ()

    def remove(self, now: float) -> Iterator[Event]:
        """Yield what happens when the toxic is removed."""
        yield from ()

    def cut(self, due: float, kind: Kind = Kind.CLOSE) -> Iterator[Event]:
        """Yield the end of the connection; nothing comes through any more."""
        self.ended, self.deadline, self.free = True, None, due
        yield Event(due, kind)


class Latency(Stage):
    """Delays bytes by `latency` ms, give or take `jitter`, less what they have waited already."""

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield the bytes, later; an end is not delayed beyond them."""
        jitter = self.attributes["jitter"]
        delay = self.attributes["latency"]
        if jitter > 0:
            delay += self.draws.around(event.offset, jitter)
        self.free = max(begin, event.read + delay / 1e3)
        yield event._replace(due=self.free, read=self.free)


class Bandwidth(Stage):
    """Lets `rate` times 1000 bytes through a second; none at all for 0."""

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield the bytes in blocks, each when the last byte of it would have come."""
        pace = self.attributes["rate"] * 1000
        if pace <= 0:
            self.free = math.inf
            yield event._replace(due=math.inf)
            return
        for done, block in blocks(event.data, max(1, min(int(pace * SLICE), BLOCK))):
            self.free = begin + (done + len(block)) / pace
            yield event._replace(due=self.free, data=block, offset=event.offset + done)


class SlowClose(Stage):
    """Delays the end of its direction by `delay` ms."""

    def finish(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield the end, later."""
        self.free = begin + self.attributes["delay"] / 1e3
        yield event._replace(due=self.free)


class Timeout(Stage):
    """Lets nothing through, and closes the connection `timeout` ms after the last bytes came.

    With 0 it never does. When it is removed, the connection is closed: what was lost is lost.
    """

    def restart(self, now: float) -> None:
        """Begin to wait."""
        super().restart(now)
        wait = self.attributes["timeout"] / 1e3
        self.deadline = now + wait if wait > 0 and not self.ended else None

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield nothing, and wait anew."""
        self.restart(begin)
        yield from ()

    def expire(self) -> Iterator[Event]:
        """Yield the end of the connection."""
        assert self.deadline is not None
        yield from self.cut(self.deadline)

    def remove(self, now: float) -> Iterator[Event]:
        """Yield the end of the connection."""
        yield from self.cut(now)


class ResetPeer(Stage):
    """Resets the connection `timeout` ms after the first bytes, or after their end.

    A connection that was open before the toxic is closed instead, as the Go server does.
    """

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield the end of the connection."""
        kind = Kind.RESET if self.first else Kind.CLOSE
        yield from self.cut(begin + max(0, self.attributes["timeout"]) / 1e3, kind)

    finish = pass_on


class Slicer(Stage):
    """Cuts bytes into slices of `average_size`, give or take `size_variation`.

    After each it waits for `delay` microseconds. Where a slice ends depends on the bytes' offset,
    not on the blocks in which they come; the end of a block is the end of a slice, too.
    """

    _edge = 0  # the offset at which the slice that was begun ends

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield the slices."""
        wait = max(0, self.attributes["delay"]) / 1e6
        offset, last = event.offset, event.offset + len(event.data)
        while offset < last:
            end = min(self._edge_after(offset), last)
            block = event.data[offset - event.offset : end - event.offset]
            yield event._replace(due=self.free, data=block, offset=offset)
            self.free += wait
            offset = end

    def _edge_after(self, offset: int) -> int:
        if self._edge <= offset:
            size, variation = self.attributes["average_size"], self.attributes["size_variation"]
            if variation > 0:
                size += self.draws.around(offset, variation)
            self._edge = offset + max(1, size)
        return self._edge


class LimitData(Stage):
    """Lets `bytes` bytes of a connection through, then closes it."""

    _passed = 0

    def pass_on(self, event: Event, begin: float) -> Iterator[Event]:
        """Yield what is still allowed; the end with the last of it."""
        left = max(0, self.attributes["bytes"] - self._passed)
        data = event.data[:left]
        self._passed += len(data)
        if data:
            yield event._replace(due=begin, data=data)
        if self._passed >= self.attributes["bytes"]:
            yield from self.cut(begin)


def blocks(data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield data in blocks, each with its place.

    Example:
        >>> list(blocks(b"abcde", 2))
        [(0, b'ab'), (2, b'cd'), (4, b'e')]
    """
    for start in range(0, len(data), size):
        yield start, data[start : start + size]
