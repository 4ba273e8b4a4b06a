"""A connection through a proxy: two sockets, and a link in each direction."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence

from harness.faults.engine.chain import DOWNSTREAM, UPSTREAM, Chain, DrawsOf, Toxic
from harness.faults.engine.events import Kind
from harness.faults.failing.spoiler import Spoiler
from harness.faults.server.addresses import split
from harness.faults.server.errors import ApiError
from harness.faults.server.link import Link

# Read into by all connections, one after another: what was read is copied before the next one.
ROOM = memoryview(bytearray(1 << 18))
BLOCK = ROOM[: 1 << 15]  # under toxics, which count in blocks
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER


class Endpoint(asyncio.BufferedProtocol):
    """One of the two sockets.

    Args:
        connection: What it is a part of.

    Attributes:
        outgoing: Where what it reads goes.
        incoming: Where what it writes comes from.
        lost: Whether its socket is closed.
    """

    transport: asyncio.Transport
    receive: Callable[[bytes], object]  # what takes what was read
    outgoing: Link
    incoming: Link

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._was_reset = False
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait until the other end is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=len(ROOM))
        transport.pause_reading()
        self._connection.joined(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read into."""
        return ROOM if self.outgoing.clear else BLOCK

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what was read."""
        self.receive(bytes(ROOM[:nbytes]))

    def eof_received(self) -> bool:
        """Pass on the end; what comes from the other side may still be written."""
        self.outgoing.end(Kind.EOF)
        return True

    def pause_writing(self) -> None:
        """Have the other end wait."""
        self.incoming.hold()

    def resume_writing(self) -> None:
        """Have the other end go on."""
        self.incoming.release()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass on how it ended."""
        self.lost = True
        self._connection.lost(self, Kind.RESET if error or self._was_reset else Kind.CLOSE)

    def pause(self) -> None:
        """Read no more for now."""
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def finish(self) -> None:
        """Send the end of this direction, or of both if the other one has ended."""
        if self.outgoing.finished:
            self._connection.close()
        elif not self.transport.is_closing():
            try:
                self.transport.write_eof()
            except OSError:  # it was reset, and we have not read that yet
                self.reset()

    def close(self) -> None:
        """Close it after what was written."""
        self.transport.close()

    def reset(self) -> None:
        """Reset it."""
        if not self.transport.is_closing():
            self._was_reset = True
            own: socket.socket = self.transport.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.transport.abort()


class Connection:
    """A connection through a proxy.

    Args:
        loop: The event loop.
        upstream: Where to connect to, as `host:port`.
        toxics: What acts on it, of both directions.
        draws_of: Returns the random choices of a toxic on it, by its name.
        over: Called when it has ended, with itself and why, if it never began.
        spoiler: What spoils statements on it; None for nothing.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        upstream: str,
        toxics: Callable[[], Sequence[Toxic]],
        draws_of: DrawsOf,
        over: Callable[[Connection, Exception | None], None],
        spoiler: Spoiler | None = None,
    ) -> None:
        self.spoiler = spoiler
        self._loop = loop
        self._upstream = upstream
        self._toxics = toxics
        self._draws_of = draws_of
        self._over = over
        self._task: asyncio.Task[None] | None = None
        self._dropped = False
        self.client = Endpoint(self)
        self.server = Endpoint(self)

    def joined(self, endpoint: Endpoint) -> None:
        """Connect upstream, now that a client is there."""
        if self._dropped:
            endpoint.transport.abort()
        elif endpoint is self.client:
            self._task = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await self._loop.create_connection(lambda: self.server, *split(self._upstream))
        except (OSError, UnicodeError, ApiError) as error:
            self.client.transport.abort()
            self._over(self, error)
        else:
            self._begin()
        finally:
            self._task = None

    def _begin(self) -> None:
        """Let bytes through, now that both ends are there."""
        now, client, server = self._loop.time(), self.client, self.server
        up = Link(self._loop, self._chain(UPSTREAM, now), client, server)
        down = Link(self._loop, self._chain(DOWNSTREAM, now), server, client)
        client.outgoing = server.incoming = up
        server.outgoing = client.incoming = down
        client.receive, server.receive = up.receive, down.receive
        if self.spoiler is not None:
            client.receive = self._spoiling(self.spoiler.sent, up)
            server.receive = self._spoiling(self.spoiler.answered, down)
        client.resume()
        server.resume()

    def _spoiling(self, change: Callable[[bytes], bytes], link: Link) -> Callable[[bytes], None]:
        """Return what takes bytes, passes on what becomes of them, and ends what is to be cut."""

        def receive(data: bytes) -> None:
            passed = change(data)
            if passed:
                link.receive(passed)
            if self.spoiler is not None and self.spoiler.cut:
                self.server.outgoing.end(Kind.CLOSE)

        return receive

    def _chain(self, direction: str, now: float) -> Chain:
        return Chain(self._draws_of, now, of(direction, self._toxics()))

    @property
    def began(self) -> bool:
        """Whether both ends are there."""
        return hasattr(self.client, "outgoing")

    def change(self, direction: str) -> None:
        """Have the toxics in one direction that the proxy has now."""
        if self.began:
            link = self.client.outgoing if direction == UPSTREAM else self.server.outgoing
            link.change(of(direction, self._toxics()))

    def recount(self) -> None:
        """Count bytes anew."""
        if self.began:
            self.client.outgoing.recount()
            self.server.outgoing.recount()

    def lost(self, endpoint: Endpoint, kind: Kind) -> None:
        """Pass on that one end is closed."""
        if not self.began:  # dropped while we connected
            return
        endpoint.incoming.stop()
        endpoint.outgoing.end(kind)
        if self.client.lost and self.server.lost:
            endpoint.outgoing.stop()
            self._over(self, None)

    def close(self) -> None:
        """Close both ends after what was written."""
        self.client.close()
        self.server.close()

    def drop(self) -> None:
        """Close both ends at once, or as soon as they are there; what is on its way is lost."""
        self._dropped = True
        if self._task is not None:
            self._task.cancel()
        for endpoint in (self.client, self.server):
            if hasattr(endpoint, "transport"):
                endpoint.transport.abort()


def of(direction: str, toxics: Sequence[Toxic]) -> list[Toxic]:
    """Return the toxics of one direction."""
    return [toxic for toxic in toxics if toxic.direction == direction]
