"""The relay: ports that lead to brokers, for as long as whoever asked for them is connected."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from harness.faults.kafka.messages import Address, Conversation

Change: TypeAlias = Callable[[bytes], bytes]

LOOPBACK = "127.0.0.1"
BLOCK = 1 << 18  # bytes


class Ways:
    """Some ports, and where each leads to.

    Attributes:
        ports: The ports.
    """

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._servers: list[asyncio.Server] = []
        self._brokers: list[Address] = []
        self._addresses: dict[Address, Address] = {}
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> list[int]:
        """Listen on so many ports more, and return all; they lead to nothing yet."""
        for number in range(len(self.ports), len(self.ports) + count):
            serve = self._serving(number)
            server = await asyncio.start_server(serve, LOOPBACK, 0, limit=BLOCK)
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])
        return self.ports

    def lead(self, roads: list[list[Address]]) -> None:
        """Have each port lead to a broker, from now on.

        Args:
            roads: For each port the address of its broker, and what clients are told instead.
        """
        self.drop()
        known = [((host, port), (other, number)) for (host, port), (other, number) in roads]
        self._brokers = [broker for broker, _ in known]
        self._addresses = dict(known)

    def drop(self) -> None:
        """End all connections."""
        for connection in self._connections:
            connection.cancel()

    def close(self) -> None:
        """End all connections, and listen no more."""
        self.drop()
        for server in self._servers:
            server.close()

    def _serving(self, number: int) -> Callable[..., Any]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            try:
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await self._connect(number, reader, writer)
            finally:
                self._connections.discard(task)
                writer.close()

        return serve

    async def _connect(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on what comes from either side until one of them ends."""
        if number >= len(self._brokers):
            return
        host, port = self._brokers[number]
        try:
            there, back = await asyncio.open_connection(host, port, limit=BLOCK)
        except OSError as error:
            print(f"cannot connect to the broker at {host}:{port}: {error}", flush=True)
            return
        conversation = Conversation(self._addresses)
        up = asyncio.ensure_future(pump(reader, back, conversation.request))
        down = asyncio.ensure_future(pump(there, writer, conversation.answer))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pumping in (up, down):
                pumping.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            back.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Change) -> None:
    """Pass on what comes, changed, until it ends."""
    while data := await reader.read(BLOCK):
        writer.write(change(data))
        await writer.drain()


async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the orders of one connection, a line of JSON each; with it goes what it asked for."""
    ways = Ways()
    try:
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                order = json.loads(line)
                if "lead" in order:
                    ways.lead(order["lead"])
                ports = await ways.open(order.get("open", 0))
                writer.write(json.dumps(ports).encode() + b"\n")
    finally:
        ways.close()
        writer.close()


async def serve(host: str, port: int) -> None:
    """Take orders until the process is ended.

    Args:
        host: Where to listen.
        port: The port; 0 for a free one.
    """
    server = await asyncio.start_server(obey, host, port)
    print(f"listening on {host}:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()
