"""How a real broker runs as a process of this machine."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.settings import Settings
from harness.providers.embedded import LOOPBACK, clean_environment
from harness.services.kafka import distribution
from harness.services.kafka.causes import CAUSES
from harness.services.kafka.prepared import (
    STORAGE,
    free_ports,
    java,
    options_for,
    prepared,
    write_properties,
)


@dataclass(frozen=True)
class BrokerProcess:
    """How a real broker runs as a process of this machine.

    Attributes:
        version: What its version must begin with; None for any.
        settings: Broker settings, as (name, value).
    """

    version: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def refusal(self, settings: Settings) -> str | None:
        """Return why the distribution of KAFKA_HOME cannot run here, or None."""
        found = distribution.choose(self.version, settings)
        return found if isinstance(found, str) else None

    def describe(self, settings: Settings) -> str:
        """Return the version and the directory of what would run."""
        return str(distribution.choose(self.version, settings))

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Copy the formatted storage into `home` and return the broker's command line.

        Raises:
            StartError: The storage cannot be made.
            OSError: The directory cannot be written.
        """
        found = distribution.choose(self.version, settings)
        assert not isinstance(found, str), found
        place = prepared(found, settings)
        shutil.copytree(place / STORAGE, home / "data")
        (controller,) = free_ports(1)
        file = write_properties(home, port, controller, home / "data", self.settings)
        return Launch(
            command=(*java(found, *options_for(place)), "kafka.Kafka", str(file)),
            endpoint=Endpoint(LOOPBACK, port, trusted=True),
            provenance=str(found),
            account=Account(),
            # There is nothing to save; asked politely, it takes half a second.
            stop_signal=signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM,
            environment=clean_environment(),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the log."""
        return likely_cause(log, CAUSES)
