"""How Kafka runs on this machine: a real broker where there is one, else the mock cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.recipe import Launch, ProcessRecipe
from harness.core.settings import Settings
from harness.services.kafka.broker import BrokerProcess
from harness.services.kafka.causes import CAUSES
from harness.services.kafka.configuration import MORTAL
from harness.services.kafka.distribution import HOME
from harness.services.kafka.mock_process import MockProcess


@dataclass(frozen=True)
class EmbeddedKafka:
    """How Kafka runs on this machine.

    Where `KAFKA_HOME` is set, a broker from there, or nothing: never the mock instead, which can
    do less.

    Attributes:
        version: What the broker's version must begin with; None for any.
        settings: Broker settings, as (name, value).
        mortal: Whether tests may kill it.
    """

    version: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    mortal: bool = False

    def _chosen(self, settings: Settings) -> ProcessRecipe:
        if settings.environ.get(HOME):
            before = MORTAL if self.mortal else ()
            return BrokerProcess(self.version, (*before, *self.settings))
        return MockProcess(self.version, self.settings)

    def refusal(self, settings: Settings) -> str | None:
        """Return why neither can run here, or None."""
        return self._chosen(settings).refusal(settings)

    def describe(self, settings: Settings) -> str:
        """Return what would run, and its version."""
        return self._chosen(settings).describe(settings)

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Fill `home` and return what to run.

        Raises:
            StartError: The broker's storage could not be made.
            OSError: The directory cannot be written.
        """
        return self._chosen(settings).prepare(home, port, settings)

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the log."""
        return likely_cause(log, CAUSES)
