"""A connection of the code under test, and the one that goes on from it to the server."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct

from harness.faults.sweep.taps import Tap, Verdict

BLOCK = 1 << 16  # bytes that are read at once
MOST = 1 << 20  # bytes that may wait at one end before the other one is not read any more
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER


class End:
    """One of its two sockets.

    Args:
        selector: Tells when it can be read or written.
        pair: What it is a part of.
        own: The socket.

    Attributes:
        ended: Whether nothing more comes from it.
        closed: Whether it is closed.
        full: Whether the other one has to wait.
    """

    def __init__(self, selector: selectors.BaseSelector, pair: Pair, own: socket.socket) -> None:
        own.setblocking(False)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selector
        self._own = own
        self._out = bytearray()
        self._finishing = False
        self._reading = True
        self.ended = self.closed = False
        self._data = (pair, self)
        selector.register(own, selectors.EVENT_READ, self._data)

    @property
    def full(self) -> bool:
        """Whether the other one has to wait."""
        return len(self._out) > MOST

    def read(self) -> bytes | None:
        """Return what has come; nothing at its end, and None if there is nothing yet.

        Raises:
            OSError: The connection was reset.
        """
        try:
            return self._own.recv(BLOCK)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> None:
        """Send bytes, now or when there is room."""
        self._out += data
        self.flush()

    def finish(self) -> None:
        """Send the end of this direction, after what waits."""
        self._finishing = True
        self.flush()

    def flush(self) -> None:
        """Send what there is room for."""
        if self.closed:
            return
        try:
            while self._out:
                del self._out[: self._own.send(self._out)]
            if self._finishing:
                self._own.shutdown(socket.SHUT_WR)
                self._finishing = False
        except BlockingIOError:
            pass
        except OSError:  # it is gone, which reading tells as well
            self._out.clear()
        self._watch()

    def hold(self, held: bool) -> None:
        """Read no more for now, or read on."""
        if self._reading is held:
            self._reading = not held
            self._watch()

    def _watch(self) -> None:
        if self.closed:
            return
        wanted = selectors.EVENT_READ if self._reading and not self.ended else 0
        wanted |= selectors.EVENT_WRITE if self._out else 0
        known = self._selector.get_map().get(self._own)
        if known is None and wanted:
            self._selector.register(self._own, wanted, self._data)
        elif known is not None and not wanted:
            self._selector.unregister(self._own)
        elif known is not None and known.events != wanted:
            self._selector.modify(self._own, wanted, self._data)

    def end(self) -> None:
        """Note that nothing more comes."""
        self.ended = True
        self._watch()

    def close(self, *, reset: bool = False) -> None:
        """Close it, after an attempt to send what waits."""
        if self.closed:
            return
        if reset:
            with contextlib.suppress(OSError):
                self._own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        else:
            self.flush()
            with contextlib.suppress(OSError):  # also where a process that was forked holds it
                self._own.shutdown(socket.SHUT_RDWR)
        self.closed = self.ended = True
        self._out.clear()
        if self._own in self._selector.get_map():
            self._selector.unregister(self._own)
        self._own.close()


class Pair:
    """A connection of the code under test, and the one that goes on from it to the server.

    Args:
        selector: Tells when there is something to do.
        client: The accepted connection.
        server: The one to the server.
        tap: Listens, and says where to cut; None where nobody does.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        client: socket.socket,
        server: socket.socket,
        tap: Tap | None,
    ) -> None:
        self._client = End(selector, self, client)
        self._server = End(selector, self, server)
        self._tap = tap
        self._cut = False

    @property
    def is_cut(self) -> bool:
        """Whether the client was cut off, and the server is given the time to end."""
        return self._cut

    @property
    def over(self) -> bool:
        """Whether both ends are closed."""
        return self._client.closed and self._server.closed

    def handle(self, end: End, mask: int) -> None:
        """Do what an end is ready for."""
        if mask & selectors.EVENT_WRITE:
            end.flush()
        if mask & selectors.EVENT_READ and not end.closed:
            self._read(end)
        if not self.over:
            self._client.hold(self._server.full)
            self._server.hold(self._client.full)

    def _read(self, end: End) -> None:
        try:
            data = end.read()
        except OSError:
            self._lose(end)
            return
        if data:
            self._take(end, data)
        elif data is not None:
            self._finish(end)

    def _take(self, end: End, data: bytes) -> None:
        if self._cut:
            return  # an answer that nobody gets
        verdict = self._judge(end, data)
        if verdict.data:
            (self._server if end is self._client else self._client).write(verdict.data)
        if verdict.cut:
            self.cut()

    def _judge(self, end: End, data: bytes) -> Verdict:
        if self._tap is None:
            return Verdict(data)
        return self._tap.sent(data) if end is self._client else self._tap.answered(data)

    def _finish(self, end: End) -> None:
        """Pass the end of a direction on."""
        end.end()
        other = self._server if end is self._client else self._client
        if other.ended or (self._cut and end is self._server):
            self.close()
        else:
            other.finish()

    def _lose(self, end: End) -> None:
        """Pass on that an end was reset."""
        end.close()
        if end is self._server:
            self._client.close(reset=True)
        else:
            self.cut()

    def cut(self) -> None:
        """Cut the client off; the server is told in order, and given the time to end."""
        self._cut = True
        self._client.close()
        if self._server.ended:
            self._server.close()
        else:
            self._server.hold(False)  # what still comes is read, so that it can finish
            self._server.finish()

    def close(self) -> None:
        """Close both ends."""
        self._client.close()
        self._server.close()
