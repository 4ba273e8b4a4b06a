"""A record, as a test looks at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KafkaRecord:
    """One record of a topic.

    Attributes:
        topic: The topic.
        partition: Number of the partition.
        offset: Its place there.
        key: Its key; None for none.
        value: Its value; None for a tombstone.
        headers: Its headers, as (name, value), in order.
        timestamp: When it was made, in milliseconds since 1970; None where the broker has none.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int | None = None

    def json(self) -> Any:
        """Return what its value says as JSON.

        Raises:
            ValueError: It is no JSON, or a tombstone.

        Example:
            >>> KafkaRecord("paid", 0, 0, None, b'{"order": 7}').json()
            {'order': 7}
        """
        if self.value is None:
            raise ValueError(
                f"record {self.offset} of {self.topic} is a tombstone: it has no value"
            )
        return json.loads(self.value)


def read_message(message: Any) -> KafkaRecord:
    """Return a message of confluent-kafka as a record."""
    kind, milliseconds = message.timestamp()
    return KafkaRecord(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        headers=tuple(message.headers() or ()),
        timestamp=milliseconds if kind else None,
    )
