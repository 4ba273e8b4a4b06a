"""One direction of a connection: what is read at one end, through the toxics, to the other."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from harness.faults.engine.chain import Chain, Toxic
from harness.faults.engine.events import Event, Kind

MOST = 1 << 18  # bytes that may be on their way
MOST_SLOW = 1 << 25  # the same under a latency: divided by the delay, it is a bandwidth


class Source(Protocol):
    """Where the bytes come from."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""


class Sink(Protocol):
    """Where the bytes go."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def finish(self) -> None:
        """Send the end of this direction."""

    def close(self) -> None:
        """Close the connection, after what was written."""

    def reset(self) -> None:
        """Reset the connection at once."""


class Link:
    """One direction of a connection.

    Args:
        loop: Tells the time, and keeps the timer.
        chain: The toxics.
        source: Where the bytes come from.
        sink: Where they go.

    Attributes:
        clear: Whether nothing stands in the way of bytes. Kept, since it is asked for each block.
        finished: Whether its end has been sent.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, chain: Chain, source: Source, sink: Sink
    ) -> None:
        self._loop = loop
        self._chain = chain
        self._source = source
        self._sink = sink
        self._waiting: deque[Event] = deque()
        self._size = 0  # bytes in `waiting`
        self._offset = 0
        self._ended: Kind | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._held = self._paused = self._stopped = False
        self.finished = False
        self.clear = not chain.stages
        self._arm()

    def receive(self, data: bytes) -> None:
        """Take bytes from the source."""
        offset = self._offset
        self._offset += len(data)
        if self.clear:
            self._sink.write(data)
            return
        now = self._loop.time()
        self._send(self._chain.feed(Event(now, Kind.DATA, data, now, offset)))

    def end(self, kind: Kind) -> None:
        """Take the end from the source; a harder one may follow."""
        if self._ended is None or kind > self._ended:
            self._ended = kind
            now = self._loop.time()
            self._send(self._chain.feed(Event(now, kind, b"", now, self._offset)))

    def change(self, toxics: Sequence[Toxic]) -> None:
        """Have other toxics: what waits for its time goes at once, ends in order excepted."""
        now = self._loop.time()
        waiting, self._waiting, self._size = self._waiting, deque(), 0
        caused = self._chain.change(toxics, now)
        for event in waiting:
            if event.kind is Kind.DATA:
                self._queue([event._replace(due=now)])
            elif event.kind is Kind.EOF:
                self._queue(self._chain.feed(event._replace(due=now)))
            else:
                self._queue([event])
        self._send(caused)

    def recount(self) -> None:
        """Count bytes anew, by whose places random choices are made."""
        self._offset = 0

    def hold(self) -> None:
        """Send nothing for now: the sink takes no more."""
        self._held = True
        self._balance()

    def release(self) -> None:
        """Send again."""
        self._held = False
        self._pump()

    def stop(self) -> None:
        """Let go of everything: the sink is gone."""
        self._stopped = True
        self._waiting.clear()
        self._size = 0
        self._disarm()

    def _send(self, events: Iterable[Event]) -> None:
        self._queue(events)
        self._pump()

    def _queue(self, events: Iterable[Event]) -> None:
        for event in events:
            self._waiting.append(event)
            self._size += len(event.data)

    def _pump(self) -> None:
        """Send what is due, and see to the rest."""
        self.clear = False
        if self._stopped:
            self._waiting.clear()
            return
        now = self._loop.time()
        while self._waiting and self._waiting[0].due <= now and not self._held:
            self._deliver(self._waiting.popleft())
        self._arm()
        self._balance()
        self.clear = not (self._chain.stages or self._waiting or self._chain.cut)

    def _deliver(self, event: Event) -> None:
        if event.kind is Kind.DATA:
            self._size -= len(event.data)
            self._sink.write(event.data)
            return
        self.finished = True
        end = {Kind.EOF: self._sink.finish, Kind.CLOSE: self._sink.close}
        end.get(event.kind, self._sink.reset)()

    def _balance(self) -> None:
        """Have the source read as much as there is room for."""
        most = MOST_SLOW if self._chain.is_slow else MOST
        full = self._held or self._size >= (most // 2 if self._paused else most)
        if full != self._paused:
            self._paused = full
            (self._source.pause if full else self._source.resume)()

    def _arm(self) -> None:
        """Set the timer to what happens next."""
        first = self._waiting[0].due if self._waiting and not self._held else math.inf
        deadline = self._chain.deadline
        when = first if deadline is None else min(first, deadline)
        if self._timer is None or self._timer.when() != when:
            self._disarm()
            if when < math.inf:
                self._timer = self._loop.call_at(when, self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._send(self._chain.expire(self._loop.time()))
