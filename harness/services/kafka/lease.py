"""What a test holds of Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from harness.core.cleanup import raise_all
from harness.core.endpoint import Endpoint
from harness.errors import HarnessError, ServiceDiedError
from harness.services.kafka import refusals
from harness.services.kafka.client import address, driver, is_lost
from harness.services.kafka.handed_out import HandedOut
from harness.services.kafka.leftovers import Leftovers
from harness.services.kafka.names import check_name
from harness.services.kafka.record import KafkaRecord
from harness.services.kafka.writer import ANY_PARTITION, as_bytes, as_headers
from harness.services.proxied import ProxiedLease

if TYPE_CHECKING:
    import confluent_kafka

    from harness.services.kafka.instance import KafkaInstance
    from harness.services.kafka.service import Kafka
    from harness.services.kafka.ways import Way

T = TypeVar("T")

MOST_TOPICS = 200  # of one test: more is a loop that does not end
MOST_PARTITIONS = 1000
# A client whose connection was cut tries again after a time that doubles, up to 10 s by default.
BACK_SOON = {"reconnect.backoff.max.ms": 250}


class KafkaLease(ProxiedLease):
    """What a test holds of a broker that others use, too: topics and groups of its own.

    Attributes:
        instance: The broker: its provider, version, capabilities, log.
        service: What was declared.
    """

    instance: KafkaInstance

    def __init__(self, instance: KafkaInstance, service: Kafka, way: Way | None = None) -> None:
        super().__init__(service)
        self.instance = instance
        self.service = service
        self._beginning = instance.names.beginning()
        self._topics: dict[str, int] = {}
        self._way = way
        self._handed_out = HandedOut(self._endpoint, BACK_SOON if way else {})
        self._disturbed = instance.disturbed
        self._leftovers = self._on_broker(lambda: Leftovers(instance, self._beginning))
        instance.enter(self._leftovers)
        self._pass_through(*(way.passages if way else ()))

    def __repr__(self) -> str:
        return f"<lease of topics {self._beginning}* on {self.instance!r}>"

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find the broker, as `host:port`."""
        self._check_held()
        self._leftovers.groups_expected = True
        return address(self._endpoint())

    def _endpoint(self) -> Endpoint:
        """Return where the code under test finds the broker."""
        return self.instance.endpoint if self._way is None else self._way.endpoint

    def topic(
        self, name: str, partitions: int = 1, settings: Mapping[str, str] | None = None
    ) -> str:
        """Make a topic of this test's own, which is gone after it; return its name on the broker.

        Asked for again, it is the same one. What begins with that name is this test's, too, such
        as the `-retry` topic that the code under test makes beside it.

        Args:
            name: What the test calls it.
            partitions: How many partitions it has.
            settings: Settings of the topic, such as `{"cleanup.policy": "compact"}`.

        Raises:
            LeaseError: Kafka takes no such name or number; or it was made with another number; or
                these are more topics than a test can need.
            CapabilityError: It was to have settings, and this broker is a mock.

        Example:
            ::

                topic = self.events.topic("paid")
                Shop(self.events.bootstrap_servers, topic).pay(7)
                self.assertEqual([{"order": 7}], [r.json() for r in self.events.records(topic)])
        """
        self._check_held()
        check_name("topic", name)
        refusals.check_partitions(partitions, MOST_PARTITIONS)
        full = self._beginning + name
        if full not in self._topics:
            refusals.check_count(self._topics, MOST_TOPICS)
            self._leftovers.topics_expected = True
            self._on_broker(lambda: self.instance.create(full, partitions, dict(settings or {})))
            self._topics[full] = partitions
        elif self._topics[full] != partitions:
            raise refusals.other_partitions(name, self._topics[full], partitions)
        return full

    def group(self, name: str = "group") -> str:
        """Return the name of a consumer group of this test's own.

        Args:
            name: What the test calls it.

        Raises:
            LeaseError: It has characters that we do not take, or too many.
        """
        self._check_held()
        check_name("group", name)
        self._leftovers.groups_expected = True
        return self._beginning + name

    def producer(self, settings: Mapping[str, Any] | None = None) -> confluent_kafka.Producer:
        """Return a producer of confluent-kafka; it is flushed after the test.

        Args:
            settings: librdkafka's settings that differ, such as `{"acks": "all"}`.

        Raises:
            LeaseError: A setting is unknown, or has a value that cannot be.
        """
        self._check_held()
        self._leftovers.topics_expected = True
        producer: confluent_kafka.Producer = self._handed_out.producer(settings or {})
        return producer

    def consumer(
        self, *topics: str, group: str | None = None, settings: Mapping[str, Any] | None = None
    ) -> confluent_kafka.Consumer:
        """Return a consumer of confluent-kafka that begins with the first record.

        It asks for new records without the half second that a mock cluster would keep it waiting,
        and is closed after the test.

        Args:
            topics: What it subscribes to.
            group: Its group; `group()` by default.
            settings: librdkafka's settings that differ.

        Raises:
            LeaseError: A setting is unknown, or has a value that cannot be.
        """
        self._check_held()
        consumer: confluent_kafka.Consumer = self._handed_out.consumer(
            topics, group or self.group(), settings or {}
        )
        return consumer

    def produce(
        self,
        topic: str,
        value: bytes | str | None,
        *,
        key: bytes | str | None = None,
        headers: Mapping[str, bytes | str | None] | None = None,
        partition: int | None = None,
        timestamp: int | None = None,
    ) -> KafkaRecord:
        """Write a record, and return it with its place when the broker has it.

        Args:
            topic: Name of the topic on the broker, as `topic()` returned it.
            value: Its value; a text is sent as UTF-8, and None is a tombstone.
            key: Its key.
            headers: Its headers.
            partition: Where it belongs; by its key, or anywhere, by default.
            timestamp: When it was made, in milliseconds since 1970; now by default.

        Raises:
            LeaseError: There is no such topic, or the value is neither bytes nor a text.
            ServiceDiedError: The broker has ended.
        """
        self._check_held()
        body = as_bytes("value", value)
        options = {
            "key": as_bytes("key", key),
            "headers": as_headers(headers or {}),
            "partition": ANY_PARTITION if partition is None else partition,
            "timestamp": timestamp,
        }
        return self._on_broker(lambda: self._write(topic, body, options))

    def _write(self, topic: str, body: bytes | None, options: dict[str, Any]) -> KafkaRecord:
        self._check_topic(topic)
        return self.instance.clients.writer.write(topic, body, **options)

    def records(self, topic: str, *, committed: bool = True) -> list[KafkaRecord]:
        """Return all records that a topic holds now, by partition and offset.

        It is in no group, and moves nobody's offsets.

        Args:
            topic: Name of the topic on the broker, as `topic()` returned it.
            committed: Whether to leave out those of transactions that were not committed.

        Raises:
            LeaseError: There is no such topic.
            ServiceDiedError: The broker has ended.
        """
        self._check_held()
        return self._on_broker(lambda: self._read(topic, committed))

    def _read(self, topic: str, committed: bool) -> list[KafkaRecord]:
        self._check_topic(topic)
        clients = self.instance.clients
        return (clients.reader if committed else clients.reader_of_all).read(topic)

    def _check_topic(self, topic: str) -> None:
        """Do nothing for a topic that is there: a look at one that is not would make it."""
        if topic not in self._topics and topic not in self.instance.clients.reader.topics():
            raise refusals.no_topic(topic, self._beginning, list(self._topics))

    def _on_broker(self, action: Callable[[], T]) -> T:
        """Do something with our own clients.

        Raises:
            ServiceDiedError: The broker is gone.
        """
        try:
            return action()
        except RuntimeError:  # of a client that was closed, with the environment
            self.instance.check_alive()
            raise
        except ServiceDiedError as death:
            self._note_outage(death)
            raise
        except driver().KafkaException as error:
            outage = self._death(error)
            if outage is None:
                raise
            self._note_outage(outage)
            raise outage from error

    def _note_outage(self, error: Exception) -> None:
        """Keep an error, so that it cannot pass for an expected one; unless the test killed it."""
        if self.instance.disturbed == self._disturbed:
            self.outages.append(error)

    def _death(self, error: Exception) -> HarnessError | None:
        """Return the error for a broker that is gone, or does not answer; None for any other."""
        if isinstance(error, HarnessError) or not is_lost(error):
            return None
        try:
            self.instance.check_alive()
            self.instance.check()
        except HarnessError as death:
            return death
        return refusals.silent(self.instance.bootstrap_servers, error)

    def failure_notes(self) -> list[str]:
        """Return a note where topics appeared meanwhile that may be another test's."""
        return self._leftovers.notes()

    def _end_faults(self) -> list[Exception]:
        failures = super()._end_faults()
        if self._way is None or failures:
            return failures
        try:
            self._way.relay.check_alive(settle=0)
        except HarnessError as error:
            self._stranded = True
            return [error]
        return []

    def _release(self) -> None:
        failures = self._end_faults()
        failures += self._handed_out.close(cut=self._may_be_cut)
        try:
            failures += self._leftovers.remove(cut=self._may_be_cut and not self._has_clients())
        except Exception as error:
            failures.append(self._death(error) or error)
        finally:
            self.instance.leave(self._leftovers)
            if self._way is not None:
                self.instance.passages.give_back(self._way)
        if not self.outages:  # else the test has been told
            raise_all(self._of, failures)
