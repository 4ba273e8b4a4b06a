"""Events, from the table where they are written into Kafka."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from confluent_kafka import Producer

from shop.database import Connection, Database
from shop.errors import UnavailableError

TIMEOUT = 5.0  # seconds
# Not `skip locked`: of a connection that was lost the server may not know yet, and the rows that it
# has locked would be left out when they are sent again. So, too, they keep their order.
UNPUBLISHED = "select id, order_id, name from events where not published order by id for update"

Event = tuple[int, UUID, str]


class Publisher:
    """Sends events to a topic.

    Args:
        servers: Where Kafka is.
        topic: Where they belong.
        timeout: Seconds in which Kafka has to have them.
    """

    def __init__(self, servers: str, topic: str, *, timeout: float = TIMEOUT) -> None:
        self._topic = topic
        self._timeout = timeout
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "linger.ms": 0,
                "log_level": 0,  # what fails is an error of send()
            }
        )

    def send(self, events: Iterable[Event]) -> None:
        """Return when Kafka has all events.

        Raises:
            UnavailableError: It does not have one of them in time.
        """
        failures: list[object] = []
        for number, order_id, name in events:
            self._producer.produce(
                self._topic,
                key=str(order_id),
                value=name,
                headers={"id": str(number)},
                on_delivery=lambda error, _: failures.append(error) if error else None,
            )
        if self._producer.flush(self._timeout):
            self._producer.purge()  # what has not gone yet is sent again another time
            self._producer.flush()
        if failures:
            raise UnavailableError(f"Kafka: {failures[0]}")


class Outbox:
    """What Kafka has not been told yet. What comes to it comes at least once.

    When the database is lost between the sending and the note of it, an event is sent again: under
    the same `id`, by which a consumer knows it.

    Args:
        database: Where events are written down.
        publisher: What sends them.
    """

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    def publish(self) -> int:
        """Send what is due; return how many events that were.

        Raises:
            UnavailableError: Kafka or the database does not answer: they stay for the next time.
        """
        return self._database.run(self._publish)

    def _publish(self, connection: Connection) -> int:
        events: list[Any] = connection.execute(UNPUBLISHED).fetchall()
        self._publisher.send(events)
        numbers = [number for number, *_ in events]
        connection.execute("update events set published = true where id = any(%s)", [numbers])
        return len(events)
