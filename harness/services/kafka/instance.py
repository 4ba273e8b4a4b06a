"""A broker that runs, and what this process made on it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from harness.core.instance import Instance, Running
from harness.core.interrupts import interrupts_held
from harness.core.settings import Settings
from harness.errors import HarnessError, ServiceDiedError
from harness.services.kafka import orphans
from harness.services.kafka.capabilities import capabilities_of
from harness.services.kafka.client import address, connect
from harness.services.kafka.clients import Clients
from harness.services.kafka.lease import KafkaLease
from harness.services.kafka.leftovers import Leftovers
from harness.services.kafka.marks import SETTING, signature
from harness.services.kafka.names import Names
from harness.services.kafka.service import Kafka
from harness.services.kafka.topics import AdminTopics
from harness.services.kafka.ways import Ways

KNOCK_TIMEOUT = 1.0  # seconds


class KafkaInstance(Instance[KafkaLease]):
    """A broker, or a mock cluster: topics of single tests, leases on those.

    Args:
        provider: Where it runs.
        running: The broker, which answers.
        settings: The settings of the environment.
        service: The service that it was started for.
    """

    def __init__(self, provider: str, running: Running, settings: Settings, service: Kafka) -> None:
        super().__init__("kafka", provider, running)
        self.strange = provider == "external"
        self.names = Names(settings)
        self.capabilities = capabilities_of(running)
        self.clients = Clients(self.endpoint, self.check)
        self._inside: set[Leftovers] = set()  # of the leases of this process
        self._made: set[str] = set()
        self._lock = threading.RLock()
        self.passages = Ways(self)
        self.cleanups.push(self._hang_up)
        self.cleanups.push(self.passages.close)
        self.cleanups.push(self._delete_all)
        try:
            orphans.remove(self, settings)
        except BaseException:
            self.cleanups.close()
            raise

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find the brokers, as `host:port`, with commas between several."""
        return address(self.endpoint)

    def lease(self, service: Kafka) -> KafkaLease:
        """Hand out a lease, which has no topic yet.

        Raises:
            ServiceDiedError: The broker has ended, or the fault proxy.
        """
        self.check()
        way = self.passages.take() if service.proxied else None
        try:
            return KafkaLease(self, service, way)
        except BaseException:
            if way is not None:
                self.passages.give_back(way)
            raise

    def prepare(self, service: Kafka) -> None:
        """Open the connections that the first test needs."""
        self.clients.reader.topics()

    def check(self) -> None:
        """Do nothing while the broker runs.

        Raises:
            ServiceDiedError: It has ended; or nothing listens any more where somebody else's was.
        """
        self.check_alive(settle=0)
        if self.strange:
            try:
                connect(self.endpoint, KNOCK_TIMEOUT)
            except (OSError, HarnessError) as error:
                raise self._silent(error) from error

    def _silent(self, error: Exception) -> ServiceDiedError:
        return ServiceDiedError(
            f"Kafka at {self.bootstrap_servers} does not answer any more: {error}",
            cause="somebody stopped it, or the network is gone",
            hint="start it again; `harness doctor` tells whether it answers",
        )

    def enter(self, test: Leftovers) -> None:
        """Note that a test begins."""
        with self._lock:
            self._inside.add(test)
            for one in self._inside if len(self._inside) > 1 else ():
                one.alone = False

    def leave(self, test: Leftovers) -> None:
        """Note that a test has ended."""
        with self._lock:
            self._inside.discard(test)

    def brokers(self) -> list[tuple[str, int]]:
        """Return host and port of each broker, as they tell their clients."""
        return self.clients.reader.brokers()

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """Make a topic, signed where the broker is somebody else's.

        Raises:
            CapabilityError: It was to have settings, and the mock knows none.
            HarnessError: The broker refuses, or has ended.
        """
        if settings:
            self.need("kafka.admin.topics")
        signed = {SETTING: signature(name, self.names.registry)} if self.strange else {}
        with interrupts_held():
            with self._lock:
                self._made.add(name)
            self.clients.topics.create(name, partitions, {**settings, **signed})

    def delete(self, topics: Collection[str]) -> None:
        """Delete topics."""
        if topics:
            self.clients.topics.delete(topics)
        with self._lock:
            self._made.difference_update(topics)

    def groups(self) -> dict[str, str]:
        """Return the groups on it and the state of each; none where they cannot be listed."""
        topics = self.clients.topics
        return topics.groups() if isinstance(topics, AdminTopics) else {}

    def restart(self) -> None:
        """Start it again; a mock cluster has another address then, and is empty.

        What goes through a fault proxy finds it where it was.

        Raises:
            LeaseError, StartError: As `Instance.restart`.
        """
        super().restart()
        self._hang_up()
        self.endpoint = self.running.endpoint
        self.clients = Clients(self.endpoint, self.check)
        self.passages.lead()

    def _hang_up(self) -> None:
        self.clients.close()

    def _delete_all(self) -> None:
        """Delete what is left of our topics on a broker that goes on without us."""
        if self._made and self.running.exit_state() is None and self.running.is_outlived():
            self.delete(set(self._made))
