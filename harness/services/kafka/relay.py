"""The relay behind the fault proxy, which has clients of a broker stay on their way through it."""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.instance import Instance, Running
from harness.core.order import EMBEDDED
from harness.core.recipe import Account, Launch, Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.providers.embedded import LOOPBACK, clean_environment
from harness.services.kafka.causes import CAUSES
from harness.services.toxiproxy.process import python_path

Address: TypeAlias = tuple[str, int]

KIND = "kafka-relay"
ANSWER_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, repr=False)
class Relay(Service[Any]):
    """A small process of this machine, for all processes of a run."""

    kind: ClassVar[str] = KIND

    def instance_key(self) -> tuple[object, ...]:
        """Return nothing: one serves all."""
        return ()

    def providers(self, settings: Settings) -> tuple[str, ...]:
        """Return the one provider that it has, wherever brokers run."""
        return (EMBEDDED,)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how it runs."""
        return RelayProcess()

    def probe(self, running: Running, timeout: float) -> None:
        """Return when it takes orders.

        Raises:
            OSError: It does not yet.
        """
        Line(running.endpoint, timeout).close()

    def open(self, provider: str, running: Running, settings: Settings) -> RelayInstance:
        """Return the instance, now that it answers."""
        return RelayInstance(KIND, provider, running)


@dataclass(frozen=True)
class RelayProcess:
    """How the relay runs: as a process, which no busy test keeps from its work."""

    def refusal(self, settings: Settings) -> str | None:
        """Return None: it needs nothing but Python."""
        return None

    def describe(self, settings: Settings) -> str:
        """Return what it is."""
        return "harness's own relay for Kafka"

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Return what to run."""
        module = "harness.faults.kafka"
        return Launch(
            command=(sys.executable, "-S", "-m", module, LOOPBACK, str(port)),
            endpoint=Endpoint(LOOPBACK, port, trusted=True),
            provenance=self.describe(settings),
            account=Account(),
            stop_signal=getattr(signal, "SIGKILL", signal.SIGTERM),  # it has nothing to save
            environment=clean_environment(PYTHONPATH=python_path()),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from its log."""
        return likely_cause(log, CAUSES)


class RelayInstance(Instance[Any]):
    """A relay that runs."""

    def line(self) -> Line:
        """Connect to it.

        Raises:
            ServiceDiedError: It has ended.
            OSError: It does not answer.
        """
        self.check_alive(settle=0)
        return Line(self.endpoint)


class Line:
    """A connection to the relay; with it goes what was asked for.

    Args:
        endpoint: Where the relay takes orders.
        timeout: Seconds to wait for an answer.

    Raises:
        OSError: It does not answer.
    """

    def __init__(self, endpoint: Endpoint, timeout: float = ANSWER_TIMEOUT) -> None:
        self._socket = socket.create_connection((endpoint.host, endpoint.port), timeout)
        self._lines = self._socket.makefile("rb")

    def open(self, count: int) -> list[int]:
        """Have it listen on so many ports, which lead to nothing yet; return them."""
        return self._ask(open=count)

    def lead(self, roads: Sequence[tuple[Address, Address]]) -> None:
        """Have each port lead to a broker.

        Args:
            roads: For each port the address of its broker, and what clients are told instead.
        """
        self._ask(lead=roads)

    def _ask(self, **order: object) -> list[int]:
        self._socket.sendall(json.dumps(order).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the relay for Kafka has closed the connection")
        ports: list[int] = json.loads(line)
        return ports

    def close(self) -> None:
        """Close it."""
        self._lines.close()
        self._socket.close()
