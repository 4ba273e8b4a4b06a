"""What a lease of Kafka offers to a test, whatever the broker."""

import json
import threading

from confluent_kafka import Consumer, KafkaException, Producer

from harness import Kafka, KafkaLease, KafkaRecord
from harness.errors import CapabilityError, LeaseError, UnavailableError
from tests.integration.kafka import await_deleted, on_every_broker

THEN = 1_700_000_000_000  # milliseconds since 1970


@on_every_broker
class KafkaConformanceLease:
    needed = Kafka()
    events = Kafka()

    def other(self, **options):
        return type(self).environment.lease(Kafka(**options))

    def values(self, topic):
        return [record.value for record in self.events.records(topic)]

    def test_a_record_is_read_as_it_was_written(self):
        topic = self.events.topic("paid")

        written = self.events.produce(
            topic,
            "näher",
            key=b"k",
            headers={"trace": b"7", "none": None},
            timestamp=THEN,
        )

        self.assertEqual(
            KafkaRecord(
                topic,
                0,
                0,
                b"k",
                "näher".encode(),
                (("trace", b"7"), ("none", None)),
                THEN,
            ),
            written,
        )
        self.assertEqual([written], self.events.records(topic))

    def test_records_are_complete_and_in_order(self):
        topic = self.events.topic("many", partitions=3)
        producer = self.events.producer()
        for number in range(3000):
            producer.produce(topic, str(number), partition=number % 3)
        producer.flush()

        expected = [(part, str(n).encode()) for part in range(3) for n in range(part, 3000, 3)]
        found = self.events.records(topic)
        self.assertEqual(expected, [(record.partition, record.value) for record in found])

    def test_an_empty_topic_has_no_records(self):
        self.assertEqual([], self.events.records(self.events.topic("empty", partitions=5)))

    def test_json_and_tombstones(self):
        topic = self.events.topic("users")
        self.events.produce(topic, json.dumps({"id": 7}), key="7")
        self.events.produce(topic, None, key="7")

        first, second = self.events.records(topic)
        self.assertEqual({"id": 7}, first.json())
        self.assertIsNone(second.value)
        with self.assertRaisesRegex(ValueError, "is a tombstone"):
            second.json()

    def test_a_topic_has_the_partitions_that_were_asked_for_and_is_one(self):
        topic = self.events.topic("orders", partitions=3)

        parts = {self.events.produce(topic, "x", partition=n).partition for n in range(3)}
        self.assertEqual({0, 1, 2}, parts)
        self.assertEqual(topic, self.events.topic("orders", partitions=3))
        with self.assertRaises(KafkaException):
            self.events.produce(topic, "x", partition=3)

    def test_the_next_test_sees_nothing_of_it(self):
        names = set()
        for _ in range(2):
            with self.other() as lease:
                topic = lease.topic("orders")
                self.assertEqual([], lease.records(topic))
                lease.produce(topic, "x")
                names.add(topic)

        self.assertEqual(2, len(names))
        await_deleted(self.topics, names)

    def topics(self):
        """Return all topics of the broker, as it tells anybody."""
        consumer = self.events.consumer()
        return set(consumer.list_topics(timeout=5).topics)

    def test_topics_that_the_code_makes_beside_its_own_go_with_them(self):
        with self.other() as lease:
            topic = lease.topic("orders")
            retry = f"{topic}-retry"
            producer = Producer({"bootstrap.servers": lease.bootstrap_servers})
            producer.produce(retry, "x")
            self.assertEqual(0, producer.flush(5))
            self.assertEqual([b"x"], [record.value for record in lease.records(retry)])

        await_deleted(self.topics, {topic, retry})

    def test_clients_of_the_code_find_the_broker(self):
        topic, group = self.events.topic("orders"), self.events.group()
        servers = self.events.bootstrap_servers
        producer = Producer({"bootstrap.servers": servers})
        producer.produce(topic, "x")
        producer.flush(5)
        consumer = Consumer(
            {"bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest"}
        )
        self.addCleanup(consumer.close)
        consumer.subscribe([topic])

        self.assertEqual(b"x", consumer.poll(10).value())

    def test_consumers_of_one_group_share_and_go_on_where_it_was(self):
        topic = self.events.topic("jobs")
        for value in ("a", "b", "c"):
            self.events.produce(topic, value)
        first = self.events.consumer(topic, settings={"enable.auto.commit": False})
        message = first.poll(10)
        first.commit(message, asynchronous=False)
        first.close()

        second = self.events.consumer(topic)
        self.assertEqual([b"a", b"b"], [message.value(), second.poll(10).value()])

    def test_reading_all_records_is_no_member_of_a_group(self):
        topic = self.events.topic("jobs")
        self.events.produce(topic, "a")
        self.assertEqual([b"a"], self.values(topic))

        self.assertEqual(b"a", self.events.consumer(topic).poll(10).value())

    def test_groups_are_the_tests_own(self):
        self.assertEqual(self.events.group(), self.events.group())
        self.assertNotEqual(self.events.group("a"), self.events.group("b"))
        with self.other() as lease:
            self.assertNotEqual(lease.group(), self.events.group())

    def test_threads_may_write_and_read_at_once(self):
        topic = self.events.topic("threads")
        threads = [threading.Thread(target=self.write_and_read, args=(topic, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        self.assertEqual(40, len(self.events.records(topic)))

    def write_and_read(self, topic, number):
        for turn in range(10):
            self.events.produce(topic, f"{number} {turn}")
        self.events.records(topic)

    def test_idempotent_producers_work(self):
        topic = self.events.topic("once")
        producer = self.events.producer({"enable.idempotence": True})
        producer.produce(topic, "x")
        producer.flush(10)

        self.assertEqual([b"x"], self.values(topic))

    def test_records_of_aborted_transactions_are_left_out(self):
        self.requireCapability(self.events, "kafka.transactions")
        topic = self.events.topic("money")
        producer = self.events.producer({"transactional.id": self.events.group("writer")})
        producer.init_transactions(10)
        for value, end in (("a", producer.abort_transaction), ("b", producer.commit_transaction)):
            producer.begin_transaction()
            producer.produce(topic, value)
            producer.flush(10)  # an abort throws away what was not sent yet
            end(10)

        self.assertEqual([b"b"], self.values(topic))
        all_records = self.events.records(topic, committed=False)
        self.assertEqual([b"a", b"b"], [record.value for record in all_records])

    def test_a_topic_has_the_settings_that_were_asked_for(self):
        self.requireCapability(self.events, "kafka.admin.topics")
        topic = self.events.topic("users", settings={"max.message.bytes": "2000"})

        with self.assertRaisesRegex(KafkaException, "MSG_SIZE_TOO_LARGE"):
            self.events.produce(topic, "x" * 3000)

    def test_a_setting_that_is_wrong_is_named(self):
        self.requireCapability(self.events, "kafka.admin.topics")
        with self.assertRaisesRegex(LeaseError, "(?s)refuses the topic .*retention.*settings="):
            self.events.topic("users", settings={"retention.ms": "never"})

    def test_the_instance_says_what_the_broker_is_and_can_do(self):
        instance = self.events.instance
        mock = "kafka.server.mock" in instance.capabilities

        self.assertIsInstance(self.events, KafkaLease)
        self.assertEqual("kafka", instance.kind)
        self.assertEqual(self.broker == "mock", mock)
        self.assertEqual(not mock, "kafka.transactions" in instance.capabilities)
        with self.assertRaisesRegex(CapabilityError, "cannot do: kafka.teleport"):
            instance.need("kafka.teleport")

    def test_a_version_that_is_not_there_is_no_provider(self):
        with self.assertRaisesRegex(UnavailableError, r"1\.0"):  # or that it is required
            self.other(version="1.0")

    def test_a_setting_of_a_client_that_is_wrong_is_named(self):
        with self.assertRaisesRegex(LeaseError, "(?s)consumer.settings=.*No such configuration"):
            self.events.consumer(settings={"auto.reset": "earliest"})
        with self.assertRaisesRegex(LeaseError, "(?s)producer.settings=.*acks"):
            self.events.producer({"acks": "some"})

    def test_names_that_kafka_does_not_take_are_refused(self):
        for name, text in {
            "": "topic.''.: no name",
            7: "topic.7.: no name",
            "a b": "does not take ' ' in a name",
            "größe": "does not take 'ß', 'ö' in a name",
            "x" * 161: "the name has 161 characters",
        }.items():
            with self.subTest(name), self.assertRaisesRegex(LeaseError, text):
                self.events.topic(name)
        with self.assertRaisesRegex(LeaseError, "does not take '/'"):
            self.events.group("a/b")

    def test_the_longest_name_works(self):
        topic = self.events.topic("x" * 160)
        self.events.produce(topic, "x")

        self.assertEqual([b"x"], self.values(topic))

    def test_numbers_of_partitions_that_make_no_sense_are_refused(self):
        for number in (0, -1, 1001, "3", 1.5, True):
            with self.subTest(number), self.assertRaisesRegex(LeaseError, "not a number of part"):
                self.events.topic("orders", partitions=number)
        self.events.topic("orders")
        with self.assertRaisesRegex(LeaseError, "the test has made it with 1"):
            self.events.topic("orders", partitions=2)

    def test_a_topic_that_is_not_there_is_refused_and_not_made(self):
        own = self.events.topic("orders")

        with self.assertRaisesRegex(LeaseError, f"(?s)this test's is called '{own}'.*topic\\("):
            self.events.records("orders")
        with self.assertRaisesRegex(LeaseError, "(?s)no topic 'ordres'.*did you mean orders"):
            self.events.produce("ordres", "x")
        self.assertNotIn("ordres", self.topics())

    def test_values_that_are_no_bytes_are_refused(self):
        topic = self.events.topic("orders")

        with self.assertRaisesRegex(LeaseError, "(?s)value=.'id': 7.*a dict.*json.dumps"):
            self.events.produce(topic, {"id": 7})
        with self.assertRaisesRegex(LeaseError, "key=7"):
            self.events.produce(topic, "x", key=7)
        with self.assertRaisesRegex(LeaseError, "headers=1"):
            self.events.produce(topic, "x", headers=1)

    def test_a_released_lease_says_so(self):
        with self.other() as lease:
            topic = lease.topic("orders")

        for use in (
            lambda: lease.topic("a"),
            lambda: lease.bootstrap_servers,
            lambda: lease.records(topic),
            lambda: lease.produce(topic, "x"),
            lease.consumer,
            lease.producer,
            lease.group,
        ):
            with self.assertRaisesRegex(LeaseError, "was released"):
                use()
