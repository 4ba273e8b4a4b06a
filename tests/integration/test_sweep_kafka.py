"""A sweep over what publishes: it finds what a producer does twice."""

from confluent_kafka import Producer

from harness import Kafka
from harness.errors import FaultError
from tests.integration.kafka import BROKERS, EMBEDDED, on
from tests.integration.providers import on_one_python

QUICK = {
    "log_level": 0,
    "linger.ms": 0,
    "message.timeout.ms": 5000,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 50,
}


@on_one_python
class KafkaSweep:
    needed = Kafka()
    events = Kafka(proxied=True)

    def publish(self):
        """Publish one event as code under test does it, which connects and waits."""
        producer = Producer({"bootstrap.servers": self.events.bootstrap_servers, **QUICK})
        told = []
        producer.produce(self.topic, "x", on_delivery=lambda error, _: told.append(error))
        producer.flush(20)
        if told != [None]:
            raise RuntimeError(f"not delivered: {told}")

    def counts(self):
        """Return how many events each run has added, and at which point."""
        self.topic, found = self.events.topic("paid"), []
        before = len(self.events.records(self.topic))
        for cut in self.events.sweep(self.publish):
            with cut:
                count = len(self.events.records(self.topic))
                found.append((count - before, str(cut)))
                before = count
        return found

    def test_it_finds_that_a_producer_writes_twice_where_the_answer_to_its_record_is_lost(self):
        for again in (True, True, False):  # librdkafka now and then connects once more
            try:
                counts = self.counts()
                break
            except FaultError as error:
                if not (again and "not repeatable" in str(error)):
                    raise

        self.assertGreater(len(counts), 6)
        ((count, point),) = (each for each in counts if each[0] != 1)
        self.assertEqual(2, count)
        self.assertIn("the loss of the response", point)


on(KafkaSweep, *(name for name in BROKERS if name in EMBEDDED))
