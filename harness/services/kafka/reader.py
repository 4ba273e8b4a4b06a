"""Reading all that is in a topic, without being in a group."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from harness.core.endpoint import Endpoint
from harness.errors import WaitTimeoutError
from harness.services.kafka.client import ANSWER_TIMEOUT, driver, new_client, patiently
from harness.services.kafka.record import KafkaRecord, read_message

BATCH = 1000
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
        found = patiently(lambda timeout: self._consumer.list_topics(timeout=timeout), self._check)
        return frozenset(found.topics)

    def read(self, topic: str) -> list[KafkaRecord]:
        """Return all records of a topic, by partition and offset.

        Raises:
            ServiceDiedError, confluent_kafka.KafkaException: As `topics`.
            WaitTimeoutError: The broker answers, and sends nothing.
        """
        with self._lock:
            parts = self._partitions(topic)
            make = driver().TopicPartition
            self._consumer.assign([make(topic, number, 0) for number in parts])
            try:
                records = self._until_the_end(topic, set(parts))
            finally:
                self._consumer.unassign()
        return sorted(records, key=lambda record: (record.partition, record.offset))

    def _partitions(self, topic: str) -> list[int]:
        def listed(timeout: float) -> Any:
            return self._consumer.list_topics(topic, timeout=timeout)

        found = patiently(listed, self._check).topics[topic]
        if found.error is not None:
            raise driver().KafkaException(found.error)
        return list(found.partitions)

    def _until_the_end(self, topic: str, open_parts: set[int]) -> list[KafkaRecord]:
        """Take records until each partition has told its end."""
        end = driver().KafkaError._PARTITION_EOF
        records: list[KafkaRecord] = []
        came = time.monotonic()
        while open_parts:
            batch = self._batch()
            if batch:
                came = time.monotonic()
            elif time.monotonic() - came > STALLED:
                raise stalled(topic, records)
            for message in batch:
                error = message.error()
                if error is None:
                    records.append(read_message(message))
                elif error.code() == end:
                    open_parts.discard(message.partition())
                else:
                    self._fail(error)
        return records

    def _batch(self) -> list[Any]:
        """Return what has come, after waiting a moment for the first."""
        first = self._consumer.poll(ANSWER_TIMEOUT / 10)
        if first is None:
            self._check()
            return []
        return [first, *self._consumer.consume(BATCH, 0)]

    def _fail(self, error: Any) -> None:
        """Raise an error that will not go away by itself."""
        self._check()
        if error.fatal() or not error.retriable():
            raise driver().KafkaException(error)

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
