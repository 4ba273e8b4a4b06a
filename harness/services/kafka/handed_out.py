"""The clients that a test was given, closed when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.core.endpoint import Endpoint
from harness.errors import LeakError, LeaseError
from harness.services.kafka.client import WAIT_MS, client_settings, driver, reason
from harness.services.kafka.mock_control import control_port

FLUSH_TIMEOUT = 5.0  # seconds
CONSUMER = {
    "auto.offset.reset": "earliest",  # what was written before it came is not missed
    "fetch.wait.max.ms": WAIT_MS,
}
# A mock cluster lets a group wait for almost the session time-out, 45 s by default, each time that
# a member joins or leaves. With the newer protocol it does not, which these settings rule out.
NEWER = {"group.protocol": "consumer"}
OLDER_ONLY = {
    "group.protocol",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
    "session.timeout.ms",
}


class HandedOut:
    """The clients that one test was given.

    Args:
        endpoint: Returns where the broker is, now.
        common: librdkafka's settings that all of them have.
    """

    def __init__(self, endpoint: Callable[[], Endpoint], common: Mapping[str, Any]) -> None:
        self._endpoint = endpoint
        self._common = common
        self._producers: list[Any] = []
        self._consumers: list[Any] = []

    def producer(self, settings: Mapping[str, Any]) -> Any:
        """Return a producer."""
        producer = self._new("producer", driver().Producer, {}, settings)
        self._producers.append(producer)
        return producer

    def consumer(self, topics: Sequence[str], group: str, settings: Mapping[str, Any]) -> Any:
        """Return a consumer, which has subscribed to the topics, if there are any."""
        quick = control_port(self._endpoint()) is not None and not OLDER_ONLY & settings.keys()
        own = {**CONSUMER, **(NEWER if quick else {}), "group.id": group}
        consumer = self._new("consumer", driver().Consumer, own, settings)
        self._consumers.append(consumer)
        if topics:
            consumer.subscribe(list(topics))
        return consumer

    def _new(
        self, what: str, kind: Any, own: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Any:
        """Return a client.

        Raises:
            LeaseError: A setting is unknown, or has a value that cannot be.
        """
        try:
            return kind({**client_settings(self._endpoint()), **self._common, **own, **settings})
        except (driver().KafkaException, TypeError, ValueError) as error:
            text = reason(error)
        raise LeaseError(
            f"{what}(settings={dict(settings)!r}): {text}",
            cause="a setting is misspelt, or not known to this version of librdkafka",
            hint="correct it; librdkafka's CONFIGURATION.md lists them",
        )

    def close(self, *, cut: bool = False) -> list[Exception]:
        """Close them all; return an error for what was never sent.

        Args:
            cut: Whether a fault may have kept it from being sent: then it is dropped.
        """
        producers, self._producers = self._producers, []
        consumers, self._consumers = self._consumers, []
        for consumer in consumers:
            shut(consumer)
        if cut:
            drop(producers)
        unsent = sum(producer.flush(FLUSH_TIMEOUT) for producer in producers)
        return [left_unsent(unsent)] if unsent else []


def shut(consumer: Any) -> None:
    """Close a consumer, unless the test has."""
    try:
        consumer.close()
    except RuntimeError:
        pass  # it is closed


def drop(producers: Sequence[Any]) -> None:
    """Drop what producers have not sent."""
    for producer in producers:
        producer.purge()


def left_unsent(count: int) -> LeakError:
    """Return the error for records that a producer still has when its test ends."""
    return LeakError(
        f"the test left {count} record(s) that its producer could not send",
        cause="the broker did not take them: it is down, or the topic is not there",
        hint="look at the errors that the producer's on_delivery is given",
    )
