"""Writing single records, each of which is there when the call returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from harness.core import realtime as time
from harness.core.endpoint import Endpoint
from harness.errors import LeaseError
from harness.services.kafka.client import ANSWER_TIMEOUT, driver, new_client
from harness.services.kafka.record import KafkaRecord

SLICE = 0.2  # seconds
ANY_PARTITION = -1


class Writer:
    """Writes records to any topic, and waits for each.

    Args:
        endpoint: The broker.
        check: Raises when it has ended.
    """

    def __init__(self, endpoint: Endpoint, check: Callable[[], object]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._producer = new_client(
            driver().Producer,
            endpoint,
            {"linger.ms": 0, "message.timeout.ms": int(ANSWER_TIMEOUT * 1000)},
        )

    def write(self, topic: str, value: bytes | None, **options: Any) -> KafkaRecord:
        """Write a record, and return it with the place that it was given.

        Args:
            topic: The topic.
            value: Its value.
            options: Its key, headers, partition and timestamp.

        Raises:
            ServiceDiedError: The broker has ended.
            confluent_kafka.KafkaException: It does not take the record, or does not answer.
        """
        told: list[tuple[Any, Any]] = []
        options["timestamp"] = options.get("timestamp") or int(time.time() * 1000)
        with self._lock:
            self._producer.produce(
                topic, value, on_delivery=lambda *report: told.append(report), **options
            )
            while not told:
                self._producer.poll(SLICE)
                if not told:
                    self._check()
        error, message = told[0]
        if error is not None:
            self._check()
            raise driver().KafkaException(error)
        return KafkaRecord(
            topic,
            message.partition(),
            message.offset(),
            options["key"],
            value,
            tuple(options["headers"]),
            options["timestamp"],
        )


def as_bytes(what: str, value: object) -> bytes | None:
    """Return a key or a value as it is sent; a text is sent as UTF-8.

    Raises:
        LeaseError: It is neither bytes nor a text.
    """
    if isinstance(value, str):
        return value.encode()
    if value is None or isinstance(value, bytes):
        return value
    raise LeaseError(
        f"produce({what}={value!r}): Kafka sends bytes, and this is a {type(value).__name__}",
        hint=f"write {what}=json.dumps({value!r}), or what the code that reads it expects",
    )


def as_headers(headers: object) -> list[tuple[str, bytes | None]]:
    """Return headers as pairs of a name and bytes.

    Raises:
        LeaseError: They are no mapping, or hold a value that is neither bytes nor a text.
    """
    if not isinstance(headers, Mapping):
        raise LeaseError(
            f"produce(headers={headers!r}): no headers", hint='write headers={"trace": b"7"}'
        )
    return [(str(name), as_bytes("headers", value)) for name, value in headers.items()]
