"""The ways to the brokers through the fault proxy, one for each lease that wants one.

A broker tells its clients at which addresses they are to go on. So there is a relay between proxy
and broker, which tells them the proxy's addresses instead; the harness's own clients go straight.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.providers.embedded import LOOPBACK
from harness.services.kafka.client import SERVERS
from harness.services.kafka.relay import KIND, RelayInstance
from harness.services.toxiproxy.lease import written
from harness.services.toxiproxy.passage import KIND as PROXY
from harness.services.toxiproxy.passage import Passage

if TYPE_CHECKING:
    from harness.services.kafka.instance import KafkaInstance


class Way:
    """The way of one lease: a proxy before each broker, and the relay behind them.

    Args:
        instance: The brokers.

    Attributes:
        passages: The proxies.
        relay: What runs behind them.

    Raises:
        FaultError, ServiceDiedError, OSError: It cannot be made.
    """

    def __init__(self, instance: KafkaInstance) -> None:
        self._instance = instance
        self.relay: RelayInstance = instance.beside[KIND]  # type: ignore[assignment]
        self.passages: list[Passage] = []
        self._line = self.relay.line()
        try:
            ports = self._line.open(len(instance.brokers()))
            for number, port in enumerate(ports):
                server: Any = instance.beside[PROXY]
                self.passages.append(Passage(server, f"kafka-{number}", Endpoint(LOOPBACK, port)))
            self.lead()
        except BaseException:
            self.close()
            raise

    def lead(self) -> None:
        """Lead to where the brokers are now."""
        proxies = [passage.proxy.address for passage in self.passages]
        self._line.lead(list(zip(self._instance.brokers(), proxies, strict=True)))

    @property
    def endpoint(self) -> Endpoint:
        """Where clients find the brokers, and how they log in."""
        straight, first = self._instance.endpoint, self.passages[0].endpoint
        servers = ",".join(written(*passage.proxy.address) for passage in self.passages)
        options = {**dict(straight.options), SERVERS: servers}
        return replace(straight, host=first.host, port=first.port, options=tuple(options.items()))

    def is_whole(self) -> bool:
        """Tell whether all that it leads through is what runs beside the brokers now."""
        beside = self._instance.beside
        return self.relay is beside[KIND] and self.passages[0].server is beside[PROXY]

    def close(self) -> None:
        """Remove the proxies, and have the relay listen there no more."""
        cleanups = Cleanups("the way to Kafka through the fault proxy")
        cleanups.push(self._line.close)
        for passage in self.passages:
            cleanups.push(passage.remove)
        cleanups.close()


class Ways:
    """The ways to the brokers, each of one lease at a time.

    Args:
        instance: The brokers.
    """

    def __init__(self, instance: KafkaInstance) -> None:
        self._instance = instance
        self._lock = threading.Lock()
        self._all: list[Way] = []
        self._idle: list[Way] = []

    def take(self) -> Way:
        """Return a way that nobody uses: the same one for one test after another.

        Raises:
            FaultError, ServiceDiedError, OSError: As `Way`.
        """
        with self._lock:
            while self._idle:
                way = self._idle.pop()
                if way.is_whole():
                    return way
                self._give_up(way)
            way = Way(self._instance)
            self._all.append(way)
            return way

    def give_back(self, way: Way) -> None:
        """Keep a way for the next lease."""
        with self._lock:
            if way in self._all:
                self._idle.append(way)

    def forget(self, passages: Sequence[Passage]) -> bool:
        """Give up the way with these passages: nobody knows what they do.

        Returns:
            Whether that is news.
        """
        with self._lock:
            ways = [way for way in self._all if way.passages == [*passages]]
            for way in ways:
                self._give_up(way)
            return bool(ways)

    def _give_up(self, way: Way) -> None:
        self._all.remove(way)
        way.close()

    def lead(self) -> None:
        """Have all lead to where the brokers are now, but those whose relay has ended."""
        for way in list(self._all):
            if way.relay.running.exit_state() is None:
                way.lead()

    def close(self) -> None:
        """Close them all."""
        cleanups = Cleanups("the ways to Kafka through the fault proxy")
        for way in self._all:
            cleanups.push(way.close)
        self._all, self._idle = [], []
        cleanups.close()
