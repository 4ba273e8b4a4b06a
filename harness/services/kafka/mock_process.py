"""How librdkafka's mock cluster runs as a process of this machine."""

from __future__ import annotations

import dataclasses
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.instance import Running
from harness.core.recipe import Account, Launch
from harness.core.settings import Settings
from harness.providers.embedded import LOOPBACK, clean_environment
from harness.services.kafka.causes import CAUSES
from harness.services.kafka.client import CONTROL
from harness.services.kafka.library import library, version
from harness.services.kafka.mock_control import ask, control_port

PROGRAM = Path(__file__).with_name("mock_server.py")


@dataclass(frozen=True)
class MockProcess:
    """How librdkafka's mock cluster runs as a process of this machine.

    Attributes:
        version: The version of Kafka that was asked for.
        settings: The broker settings that were asked for.
    """

    version: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def refusal(self, settings: Settings) -> str | None:
        """Return why it cannot run here, or be what was asked for; None if it can."""
        instead = "; set KAFKA_HOME to a distribution of Kafka for a real broker"
        if self.version is not None:
            return f"librdkafka's mock cluster is not Kafka {self.version}{instead}"
        if self.settings:
            return f"librdkafka's mock cluster has no settings such as {self.settings[0]}{instead}"
        found = library()
        return found if isinstance(found, str) else None

    def describe(self, settings: Settings) -> str:
        """Return what would run."""
        return f"librdkafka's mock cluster, of confluent-kafka {version()}"

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Return the command line of the program that the cluster runs in.

        It listens for orders on the port; the cluster's own is found out by `locate`.
        """
        return Launch(
            command=(sys.executable, "-I", "-S", str(PROGRAM), str(library()), str(port)),
            endpoint=Endpoint(LOOPBACK, port, options=((CONTROL, str(port)),), trusted=True),
            provenance=self.describe(settings),
            account=Account(),
            stop_signal=signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM,
            environment=clean_environment(),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the log."""
        return likely_cause(log, CAUSES)


def locate(running: Running, timeout: float) -> None:
    """Find out where a mock cluster listens, which chooses its port anew at each start.

    Raises:
        OSError: Its program does not answer yet.
    """
    port = control_port(running.endpoint)
    if port is not None:
        host, _, number = ask(port, timeout, do="address").rpartition(":")
        running.endpoint = dataclasses.replace(running.endpoint, host=host, port=int(number))
