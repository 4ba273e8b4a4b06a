"""Kafka, as a test declares it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.extras import lacking
from harness.core.instance import Running
from harness.core.recipe import Recipe, UrlRecipe
from harness.core.service import Service, Told
from harness.core.settings import Settings
from harness.services import options

if TYPE_CHECKING:
    from harness.services.kafka.instance import KafkaInstance
    from harness.services.kafka.lease import KafkaLease  # noqa: F401 - what the class leases

PORT = 9092
VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
SCHEMES = ("kafka",)
TLS = re.compile(r"security\.protocol=(?:SASL_)?SSL", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Kafka(Service["KafkaLease"]):
    """A Kafka broker, on which each test has topics and groups of its own.

    All processes of a run share one broker. Code whose topics have fixed names, and tests that
    kill the broker, want one of their own: `Kafka(exclusive=True)`.

    Args:
        version: What the broker's version must begin with, such as `"4"` or `"4.1"`; the mock
            cluster has none.
        image: Name of an entry in `images.json`; only Docker can run it.
        settings: Broker settings as (name, value), such as
            `(("auto.create.topics.enable", "false"),)`; only a broker of ours can have them.
        proxied: Whether the code under test reaches it through a fault proxy: then the lease has
            `toxics`.
        exclusive: Whether to have a broker that no other class or process uses.
        name: Keeps two equal services apart.
        alias: Name under which other containers of the run reach it.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class ShopTest(HarnessTestCase):
                events = Kafka()

                def test_paying_publishes_one_event(self):
                    topic = self.events.topic("paid")
                    Shop(self.events.bootstrap_servers, topic).pay(7)
                    self.assertEqual(1, len(self.events.records(topic)))
    """

    kind: ClassVar[str] = "kafka"

    version: str | None = None
    image: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    proxied: bool = False
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        options.check_settings("Kafka", self.settings, ("message.max.bytes", "2000000"))

    def instance_key(self) -> tuple[object, ...]:
        """Return what makes a broker of its own: version, image, settings."""
        return (self.version, self.image, self.settings)

    def beside(self) -> tuple[Service[Any], ...]:
        """Return the fault proxy and what stands behind it, if it is reached through one."""
        if not self.proxied:
            return ()
        from harness.services.kafka.relay import Relay

        return (*options.fault_proxy(True), Relay())

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs Kafka, or why it cannot."""
        return options.recipe_on(
            provider, external=self._url, docker=self._container, embedded=self._process
        )

    def _url(self) -> Recipe | str:
        if self.image is not None:
            return f"image={self.image!r} was asked for"
        if self.version is not None:
            return f"version={self.version!r} was asked for, which a broker does not tell"
        if self.settings:
            return f"settings={self.settings!r} were asked for, which hold for a whole broker"
        unfit = encrypted if self.proxied else fit
        return UrlRecipe(VARIABLE, PORT, SCHEMES, servers="bootstrap.servers", unfit=unfit)

    def _process(self) -> Recipe | str:
        from harness.services.kafka.embedded import EmbeddedKafka

        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return EmbeddedKafka(self.version, self.settings, self.exclusive)

    def _container(self) -> Recipe | str:
        from harness.services.kafka.container import container

        return container(self)

    def lacks(self) -> str | None:
        """Return that the client is not installed, if it is not."""
        return lacking("kafka", "confluent_kafka")

    def preload(self) -> None:
        """Import confluent-kafka and what works with it."""
        from harness.services.kafka.client import driver

        driver(".admin")
        import harness.services.kafka.instance  # noqa: F401

    def probe(self, running: Running, timeout: float) -> None:
        """Return when the broker answers; by then the port of a mock cluster is known.

        Raises:
            StartError: Its host is unknown, or it does not let us in.
            OSError, confluent_kafka.KafkaException: It does not answer yet.
        """
        from harness.services.kafka.client import knock
        from harness.services.kafka.mock_process import locate

        locate(running, timeout)
        knock(running.endpoint, timeout)

    def identify(self, running: Running, settings: Settings) -> str:
        """Return how many brokers there are: they do not tell their version."""
        from harness.services.kafka.client import ANSWER_TIMEOUT, knock

        return f"Kafka of {knock(running.endpoint, ANSWER_TIMEOUT)} broker(s)"

    def remove_orphans(
        self, running: Running, settings: Settings, told: Told, *, dry: bool = False
    ) -> None:
        """Delete the topics that killed processes of ours have left on somebody else's broker.

        Raises:
            HarnessError: The broker cannot be asked.
        """
        from harness.services.kafka.orphans import sweep

        sweep(running, settings, told, dry=dry)

    def open(self, provider: str, running: Running, settings: Settings) -> KafkaInstance:
        """Return the instance, now that the broker answers."""
        from harness.services.kafka.instance import KafkaInstance

        return KafkaInstance(provider, running, settings, self)


def fit(url: str) -> None:
    """Return None: no URL is unfit where no fault proxy is asked for."""


def encrypted(url: str) -> str | None:
    """Return why a broker cannot be reached through a fault proxy, or None.

    Example:
        >>> encrypted("kafka://127.0.0.1:9093?security.protocol=SSL")[:-25]
        'proxied=True was asked for, and KAFKA_BOOTSTRAP_SERVERS says security.protocol=SSL'
    """
    match = TLS.search(url)
    if match is None:
        return None
    return f"proxied=True was asked for, and {VARIABLE} says {match[0]}, which no relay can read"
