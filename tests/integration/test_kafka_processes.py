"""Many processes on one broker: no collision, also after a SIGKILL, and nothing left."""

import os

from confluent_kafka.admin import AdminClient

from harness import Kafka
from tests.integration.kafka import BROKERS, HOME, broker, need
from tests.integration.many import Killed, SideBySide
from tests.integration.providers import on_one_python
from tests.integration.sandbox import SandboxTest

HEAD = """
from harness import Kafka

class Suite(HarnessTestCase):
    events = Kafka()
"""

SUITE = (
    HEAD
    + """
    def work(self):
        topic, group = self.events.topic("orders"), self.events.group()
        for n in range(5):
            self.events.produce(topic, f"{os.getpid()} {n}")
        expected = [f"{os.getpid()} {n}".encode() for n in range(5)]
        self.assertEqual(expected, [record.value for record in self.events.records(topic)])
        consumer = self.events.consumer(topic, group=group)
        self.assertEqual(expected, [consumer.poll(20).value() for _ in range(5)])

    test_a = test_b = work
"""
)

FAULTS = """
import time
from harness import Kafka

class Suite(HarnessTestCase):
    events = Kafka(proxied=True)

    def seconds(self, producer, topic, value):
        began = time.monotonic()
        producer.produce(topic, value)
        self.assertEqual(0, producer.flush(20))
        return time.monotonic() - began

    def test(self):
        topic = self.events.topic("orders")
        producer = self.events.producer({"log_level": 0})
        for number in range(5):
            with self.events.toxics.latency(ms=100):
                self.assertGreater(self.seconds(producer, topic, f"{number} slow"), 0.098)
            with self.events.toxics.down():
                pass
            self.seconds(producer, topic, f"{number} then")
        # The mock keeps what is sent again after a cut.
        self.assertEqual(10, len({record.value for record in self.events.records(topic)}))
"""

HOLDING = (
    HEAD
    + """
    def test(self):
        topic = self.events.topic("left")
        self.events.produce(topic, "x")
        say(self.events.bootstrap_servers)
        say(topic)
        say("testing")
        time.sleep(60)
"""
)

TELLING = (
    HEAD
    + """
    def test(self):
        self.events.topic("own")
        for name in self.events.consumer().list_topics(timeout=10).topics:
            say(f"found {name}")
"""
)


class KafkaSandboxTest(SandboxTest):
    """Runs suites in registries of their own, on one broker."""

    def sandbox_on(self, name, **variables):
        if name not in BROKERS:
            self.skipTest(f"{name} is left out")
        need(self, name)
        provider = "embedded" if name in ("jars", "mock") else name
        made = self.sandbox(provider, **variables)
        if name != "jars":
            made.environ.pop(HOME, None)
        else:
            lend_cache(made)
        return made

    def need(self, provider):
        """Do nothing: `sandbox_on` has looked."""


def lend_cache(sandbox):
    """Use what this run's own tests have prepared, which takes seconds."""
    from harness.providers.directories import cache_directory

    made = broker("jars")
    made.instance(Kafka())
    for prepared in cache_directory(made.settings).glob("kafka-*"):
        if prepared.is_dir():
            (sandbox.cache / prepared.name).symlink_to(prepared)


@on_one_python
class SideBySideTest(SideBySide, KafkaSandboxTest):
    suite = SUITE

    def test_ten_processes_on_the_mock_cluster(self):
        self.check(self.sandbox_on("mock"), 10)

    def test_each_with_its_own_faults_on_one_broker(self):
        self.check(self.sandbox_on("mock"), 3, FAULTS)

    def test_on_a_real_broker(self):
        self.check(self.sandbox_on("jars"), 3)

    def test_in_docker(self):
        self.check(self.sandbox_on("docker"), 3)

    def test_on_somebody_elses_broker(self):
        sandbox = self.sandbox_on("external")
        before = topics_of(os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        self.run_at_once(sandbox, 3)

        left = topics_of(os.environ["KAFKA_BOOTSTRAP_SERVERS"]) - before
        self.assertEqual([], [name for name in left if sandbox.registry in name])


def topics_of(servers):
    client = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    return set(client.list_topics(timeout=10).topics)


@on_one_python
class KilledTest(Killed, KafkaSandboxTest):
    holding = HOLDING
    telling = TELLING

    def check(self, name):
        sandbox = self.sandbox_on(name)

        held, left, found = self.run_after_a_kill(sandbox, self.look)

        self.assertIn(f"found {held[1]}\n", found)
        self.assertNotIn(left[1], found)
        return sandbox

    def look(self, held, left):
        self.assertLessEqual({held[1], left[1]}, topics_of(left[0]))

    def test_what_a_killed_process_left_on_the_mock_is_gone_for_the_next_one(self):
        self.assertNothingLeft(self.check("mock"))

    def test_what_a_killed_process_left_on_a_real_broker_is_gone_for_the_next_one(self):
        self.assertNothingLeft(self.check("jars"))

    def test_what_a_killed_process_left_on_somebody_elses_broker_is_gone_too(self):
        sandbox = self.check("external")

        found = topics_of(os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        self.assertEqual([], [name for name in found if sandbox.registry in name])
