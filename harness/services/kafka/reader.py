"""Reading all that is in a topic, without being in a group."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from harness.core import realtime as time
from harness.core.endpoint import Endpoint
from harness.errors import WaitTimeoutError
from harness.services.kafka.client import ANSWER_TIMEOUT, driver, new_client, patiently
from harness.services.kafka.record import KafkaRecord, read_message

BATCH = 1000
POLL = 0.01
# Seconds that a transaction which has just been committed may need until its records are shown.
ENDING = 0.3
STALLED = 10.0  # seconds without a record


class Reader:
    """Reads topics from their beginning to their present end, one after another.

    Args:
        endpoint: The broker.
        committed: Whether to leave out the records of transactions that were not committed.
        check: Raises when the broker has ended.
    """

    def __init__(self, endpoint: Endpoint, committed: bool, check: Callable[[], object]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._consumer = new_client(
            driver().Consumer,
            endpoint,
            {
                "group.id": "harness",  # is wanted, and never joined: partitions are assigned
                "enable.auto.commit": False,
                "enable.partition.eof": True,  # by which the end is known
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 0,  # at the end there is nothing to wait for
                "isolation.level": "read_committed" if committed else "read_uncommitted",
            },
        )

    def topics(self) -> frozenset[str]:
        """Return the names of all topics.

        Raises:
            ServiceDiedError: The broker has ended.
            confluent_kafka.KafkaException: It does not answer.
        """
        return frozenset(self._listed().topics)

    def brokers(self) -> list[tuple[str, int]]:
        """Return host and port of each broker, as they tell their clients.

        Raises:
            ServiceDiedError, confluent_kafka.KafkaException: As `topics`.
        """
        found = self._listed().brokers
        return [(found[number].host, found[number].port) for number in sorted(found)]

    def _listed(self) -> Any:
        return patiently(lambda timeout: self._consumer.list_topics(timeout=timeout), self._check)

    def read(self, topic: str) -> list[KafkaRecord]:
        """Return all records of a topic, by partition and offset.

        Raises:
            ServiceDiedError, confluent_kafka.KafkaException: As `topics`.
            WaitTimeoutError: The broker answers, and sends nothing.
        """
        deadline = time.monotonic() + ENDING
        with self._lock:
            parts = self._partitions(topic)
            records, whole = self._read(topic, parts)
            while not whole and time.monotonic() < deadline:
                time.sleep(POLL)
                records, whole = self._read(topic, parts)
        return sorted(records, key=lambda record: (record.partition, record.offset))

    def _read(self, topic: str, parts: list[int]) -> tuple[list[KafkaRecord], bool]:
        """Return the records that can be had now, and whether those are all."""
        make = driver().TopicPartition
        self._consumer.assign([make(topic, number, 0) for number in parts])
        try:
            return self._until_the_end(topic, set(parts))
        finally:
            self._consumer.unassign()

    def _partitions(self, topic: str) -> list[int]:
        def listed(timeout: float) -> Any:
            return self._consumer.list_topics(topic, timeout=timeout)

        found = patiently(listed, self._check).topics[topic]
        if found.error is not None:
            raise driver().KafkaException(found.error)
        return list(found.partitions)

    def _until_the_end(self, topic: str, parts: set[int]) -> tuple[list[KafkaRecord], bool]:
        """Take records until each partition has told its end."""
        records: list[KafkaRecord] = []
        whole, came = True, time.monotonic()
        while parts:
            batch = self._batch()
            if batch:
                came = time.monotonic()
            elif time.monotonic() - came > STALLED:
                raise stalled(topic, records)
            for message in batch:
                if message.error() is None:
                    records.append(read_message(message))
                elif self._is_end(message):
                    parts.discard(message.partition())
                    whole = whole and self._is_last(message)
        return records, whole

    def _is_end(self, message: Any) -> bool:
        """Tell whether an error is that a partition ends; raise one that will not go away."""
        error = message.error()
        if error.code() == driver().KafkaError._PARTITION_EOF:
            return True
        self._check()
        if error.fatal() or not error.retriable():
            raise driver().KafkaException(error)
        return False

    def _is_last(self, end: Any) -> bool:
        """Tell whether nothing comes after an end; a transaction that is open may."""
        place = driver().TopicPartition(end.topic(), end.partition())
        _, last = self._consumer.get_watermark_offsets(place, cached=True)
        return bool(end.offset() >= last)

    def _batch(self) -> list[Any]:
        """Return what has come, after waiting a moment for the first."""
        first = self._consumer.poll(ANSWER_TIMEOUT / 10)
        if first is None:
            self._check()
            return []
        return [first, *self._consumer.consume(BATCH, 0)]

    def close(self) -> None:
        """Close its connections."""
        self._consumer.close()


def stalled(topic: str, records: list[KafkaRecord]) -> WaitTimeoutError:
    """Return the error for a topic whose end does not come."""
    return WaitTimeoutError(
        f"the end of {topic} was not reached: nothing came for {STALLED:g} s, "
        f"after {len(records)} records",
        cause="the broker is overloaded, or a partition has no leader",
        hint="look at the log of the broker",
    )
