"""A proxy: a port that it listens on, where it leads to, and the toxics on the way."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from harness.faults.engine.chain import DOWNSTREAM, UPSTREAM, Toxic
from harness.faults.engine.draws import Draws
from harness.faults.failing.failure import Failure
from harness.faults.failing.spoiler import spoiler_for
from harness.faults.failing.trigger import Report, Trigger, Triggers
from harness.faults.server import addresses
from harness.faults.server.connection import Connection, Endpoint
from harness.faults.server.errors import ApiError

TOXIC_EXISTS = "toxic already exists"
NO_TOXIC = "toxic not found"
NO_FAILURE = "failure not found"


class Proxy:
    """A proxy.

    Args:
        name: Its name.
        listen: Where it listens, as `host:port`; once it does, with the port that it got.
        upstream: Where it leads to, as `host:port`.
        seed: What the random choices of its toxics follow from.
        protocol: What is said through it, where that is read; empty for what is not.

    Attributes:
        enabled: Whether it listens.
        toxics: Its toxics, in the order in which they were added.
        protocol: What is said through it.
        failing: What is to fail on it, by name.
    """

    def __init__(
        self, name: str, listen: str, upstream: str, seed: int, protocol: str = ""
    ) -> None:
        self.name = name
        self.protocol = protocol
        self.failing: dict[str, Trigger] = {}
        self._triggers = Triggers()
        self._failures = 0
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics: list[Toxic] = []
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, int] = {}  # by when they came, and their numbers
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Let random choices follow from another seed, and count connections anew.

        Those that are open get numbers below 0, and their bytes are counted anew, too: what they
        draw must not follow from what was before, nor what others draw from how many there are.
        """
        self._seed = seed
        self._accepted = 0
        self._connections = {each: ~number for number, each in enumerate(self._connections)}
        for connection in self._connections:
            connection.recount()

    def shown(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled,
            "Logger": {},
            "toxics": [shown(toxic) for toxic in self.in_order()],
        }

    def in_order(self) -> list[Toxic]:
        """Return its toxics as the API lists them: those of requests first."""
        return sorted(self.toxics, key=lambda toxic: toxic.direction != UPSTREAM)

    async def start(self) -> None:
        """Listen, if it does not.

        Raises:
            ApiError: It cannot.
        """
        if not self.enabled:
            own = await addresses.listener(self.listen)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._accept, sock=own, backlog=addresses.BACKLOG
            )
            self.listen = addresses.address_of(own)
            self.enabled = True

    def stop(self) -> None:
        """Listen no more, and close all connections at once."""
        self.enabled = False
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.drop()
        self._connections.clear()

    async def differs(self, listen: str, upstream: str) -> bool:
        """Tell whether these would make another proxy of it.

        Raises:
            ApiError: The address cannot be resolved.
        """
        _, place = await addresses.resolve(listen)
        return self.listen != addresses.join(*place) or self.upstream != upstream

    async def update(self, listen: str, upstream: str, enabled: bool) -> None:
        """Make it as it is to be.

        Raises:
            ApiError: It cannot listen there; then it is disabled.
        """
        if await self.differs(listen, upstream):
            self.stop()
            self.listen, self.upstream = listen, upstream
        if enabled:
            await self.start()
        elif self.enabled:
            self.stop()

    def toxic(self, name: str) -> Toxic:
        """Return a toxic.

        Raises:
            ApiError: There is none of that name.
        """
        for toxic in self.toxics:
            if toxic.name == name:
                return toxic
        raise ApiError(NO_TOXIC, 404)

    def add(self, toxic: Toxic) -> None:
        """Add a toxic, behind the others; it acts on open connections, too.

        Raises:
            ApiError: There is one of that name.
        """
        if any(other.name == toxic.name for other in self.toxics):
            raise ApiError(TOXIC_EXISTS, 409)
        self.toxics.append(toxic)
        self.changed(toxic.direction)

    def remove(self, toxic: Toxic) -> None:
        """Remove a toxic; what it has held back goes on."""
        self.toxics.remove(toxic)
        self.changed(toxic.direction)

    def alter(self, toxic: Toxic, toxicity: float, attributes: dict[str, int]) -> None:
        """Give a toxic another toxicity and other attributes."""
        toxic.toxicity = toxicity
        toxic.attributes.update(attributes)  # in place: stages hold the same
        self.changed(toxic.direction)

    def clear(self) -> None:
        """Remove all toxics and failures."""
        for name in list(self.failing):
            self.mend(name)
        self.toxics.clear()
        self.changed(UPSTREAM)
        self.changed(DOWNSTREAM)

    def fail(self, failure: Failure) -> str:
        """Have statements fail, also on connections that are open; return the failure's name."""
        self._failures += 1
        name = f"failure_{self._failures}"
        self.failing[name] = self._triggers.arm(failure)
        return name

    def report(self, name: str) -> Report:
        """Return what has become of a failure.

        Raises:
            ApiError: There is none of that name.
        """
        if name not in self.failing:
            raise ApiError(NO_FAILURE, 404)
        spoilers = [each.spoiler for each in self._connections]
        return self.failing[name].report(sum(bool(each and each.opaque) for each in spoilers))

    def mend(self, name: str) -> Report:
        """Remove a failure, and return what has become of it.

        Raises:
            ApiError: There is none of that name.
        """
        report = self.report(name)
        self._triggers.disarm(self.failing.pop(name))
        return report

    def changed(self, direction: str) -> None:
        """Tell the connections that a toxic of one direction is new, gone or other than before."""
        for connection in list(self._connections):
            connection.change(direction)

    def _accept(self) -> Endpoint:
        """Return the client's end of a new connection."""
        connection = Connection(
            asyncio.get_running_loop(),
            self.upstream,
            lambda: self.toxics,
            lambda toxic: Draws.of(self._seed, self._connections[connection], toxic),
            self._over,
            spoiler_for(self.protocol, self._triggers) if self.protocol else None,
        )
        self._connections[connection], self._accepted = self._accepted, self._accepted + 1
        return connection.client

    def _over(self, connection: Connection, error: Exception | None) -> None:
        self._connections.pop(connection, None)
        if connection.spoiler is not None and connection.spoiler.opaque:
            for trigger in self.failing.values():
                trigger.unreadable += 1
        if error is not None:
            where = f"{self.name}: cannot connect to {self.upstream}"
            print(f"{where}: {error}", file=sys.stderr, flush=True)


def shown(toxic: Toxic) -> dict[str, Any]:
    """Return a toxic as the API shows it."""
    return {
        "attributes": toxic.attributes,
        "name": toxic.name,
        "type": toxic.type,
        "stream": toxic.stream,
        "toxicity": toxic.toxicity,
    }
