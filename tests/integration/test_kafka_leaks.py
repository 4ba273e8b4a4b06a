"""What a test leaves on a broker: gone, and named where it ought to have removed it."""

import unittest

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from harness import HarnessTestCase, Kafka
from harness.errors import LeakError
from tests.integration.inner import run_inner
from tests.integration.kafka import BROKERS, EMBEDDED, on, on_every_broker, own


@on_every_broker
class KafkaConformanceLeaks:
    needed = Kafka()
    events = Kafka()

    def run_body(self, body):
        case = type("Case", (HarnessTestCase,), {"events": Kafka(), "test": body})
        return self.run_inner(case)

    def groups(self):
        self.requireCapability(self.events, "kafka.groups.admin")
        admin = AdminClient({"bootstrap.servers": self.events.bootstrap_servers, "log_level": 0})
        return {group.group_id for group in admin.list_consumer_groups().result().valid}

    def test_a_group_that_was_left_empty_is_deleted(self):
        names = []

        def body(self):
            names.append(self.events.group("workers"))
            topic = self.events.topic("jobs")
            self.events.produce(topic, "x")
            consumer = self.events.consumer(topic, group=names[0])
            self.assertEqual(b"x", consumer.poll(10).value())

        self.assertEqual([], self.run_body(body).raised)
        self.assertNotIn(names[0], self.groups())

    def test_a_consumer_that_was_left_open_is_named(self):
        self.requireCapability(self.events, "kafka.groups.admin")
        consumers = []

        def body(self):
            topic = self.events.topic("jobs")
            self.events.produce(topic, "x")
            consumer = Consumer(
                {
                    "bootstrap.servers": self.events.bootstrap_servers,
                    "group.id": self.events.group("workers"),
                    "client.id": "the forgotten one",
                    "auto.offset.reset": "earliest",
                }
            )
            consumers.append(consumer)
            consumer.subscribe([topic])
            self.assertEqual(b"x", consumer.poll(10).value())

        error = self.raised_by(self.run_body(body))
        consumers[0].close()

        self.assertIsInstance(error, LeakError)
        self.assertRegex(
            str(error),
            "(?s)left 1 consumer.s. in the group .*-workers\n.*the forgotten one at .*"
            "was not closed.*addCleanup",
        )

    def test_records_that_could_not_be_sent_are_named(self):
        def body(self):
            producer = self.events.producer({"message.timeout.ms": 60_000})
            producer.produce(self.events.topic("jobs"), "x", partition=7)

        result = self.run_body(body)
        if result.raised:  # librdkafka may know by then that there is no such partition
            self.assertIn("left 1 record(s) that its producer could not send", result.text)

    def test_a_failed_test_is_cleaned_up_after_too(self):
        names = []

        def body(self):
            names.append(self.events.topic("jobs"))
            self.fail("on purpose")

        self.assertIn("on purpose", self.run_body(body).text)
        consumer = self.events.consumer()
        self.assertNotIn(names[0], consumer.list_topics(timeout=5).topics)


class KafkaConformanceCrowd:
    """On the mock alone: a real broker takes its time for so many topics."""

    needed = Kafka()
    events = Kafka()

    def test_300_topics_are_one_error(self):
        def body(self):
            for number in range(300):
                self.events.topic(f"topic-{number}")

        case = type("Case", (HarnessTestCase,), {"events": Kafka(), "test": body})
        error = self.raised_by(self.run_inner(case))

        self.assertRegex(str(error), "(?s)has 200 topics, and asks for one more.*a loop.*split")
        names = self.events.consumer().list_topics(timeout=5).topics
        self.assertEqual([], [name for name in names if "-topic-" in name])


on(KafkaConformanceCrowd, *{"mock"} & set(BROKERS))


class StrayTest(unittest.TestCase):
    """Alone on a broker, so that what appears there is the test's doing."""

    brokers = tuple(name for name in BROKERS if name in EMBEDDED)

    def setUp(self):
        if not self.brokers:
            self.skipTest("only embedded brokers are one's own")

    def run_bodies(self, environment, *bodies):
        tests = {f"test_{number}": body for number, body in enumerate(bodies)}
        attributes = {"environment": environment, "events": Kafka(), **tests}
        return run_inner(type("Case", (HarnessTestCase,), attributes))

    def test_a_topic_with_a_fixed_name_is_named_and_deleted(self):
        def clean(self):
            self.events.produce(self.events.topic("own"), "x")

        for name in self.brokers:
            with self.subTest(name):
                result = self.run_bodies(own(self, name), clean, stray, clean, stray)

                self.assertEqual(["test_1", "test_3"], result.failed, result.text)
                for error in result.raised:
                    self.assertIsInstance(error, LeakError)
                    self.assertRegex(str(error), "(?s)left 'fixed' on the broker.*exclusive=True")

    def test_a_group_with_a_fixed_name_is_named(self):
        def body(self):
            topic = self.events.topic("jobs")
            self.events.produce(topic, "x")
            settings = {
                "bootstrap.servers": self.events.bootstrap_servers,
                "group.id": "fixed-group",
                "auto.offset.reset": "earliest",
            }
            consumer = Consumer(settings)
            consumer.subscribe([topic])
            consumer.poll(10)
            consumer.close()

        if "jars" not in self.brokers:
            self.skipTest("the mock cluster does not list its groups")
        result = self.run_bodies(own(self, "jars"), body)

        self.assertIn("left 'fixed-group' on the broker", result.text)

    def test_where_others_use_the_broker_too_it_is_a_note_on_a_failure(self):
        def failing(self):
            stray(self)
            self.fail("on purpose")

        for name in self.brokers:
            with self.subTest(name):
                environment = own(self, name)
                with environment.lease(Kafka(name="another")):
                    result = self.run_bodies(environment, failing)
                self.assertEqual(["test_0"], result.failed, result.text)
                self.assertIn("appeared 'fixed', made by this test or another", result.text)


def stray(self):
    producer = Producer({"bootstrap.servers": self.events.bootstrap_servers})
    producer.produce("fixed", "x")
    assert producer.flush(10) == 0
