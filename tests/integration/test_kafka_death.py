"""A broker that is lost: one error that says how; and a test's own, killed on purpose."""

import unittest

from harness import HarnessTestCase, Kafka
from harness.adapters.declared import group_of
from harness.errors import LeaseError, ServiceDiedError
from tests.integration.inner import run_inner
from tests.integration.kafka import BROKERS, EMBEDDED, on, own
from tests.integration.providers import on_one_python


@on_one_python
class DeathTest(unittest.TestCase):
    """Between two tests, and in the middle of one."""

    brokers = tuple(name for name in BROKERS if name in EMBEDDED)

    def setUp(self):
        if not self.brokers:
            self.skipTest("only embedded brokers are killed")

    def run_bodies(self, *bodies, brokers=brokers):
        """Run tests on each embedded broker, and yield what became of them."""
        for name in brokers:
            tests = {f"test_{number}": body for number, body in enumerate(bodies)}
            attributes = {"environment": own(self, name), "events": Kafka(), **tests}
            yield run_inner(type("Case", (HarnessTestCase,), attributes))

    def assertDied(self, error):
        self.assertIsInstance(error, ServiceDiedError)
        self.assertRegex(
            str(error),
            "(?s)kafka on embedded died: killed by SIGKILL.*"
            "likely cause: it crashed, or was killed from outside.*next: ",
        )

    def test_a_broker_that_is_lost_between_two_tests(self):
        for result in self.run_bodies(use, lose, use, use):
            # whoever lost it is told when it ends, and the others at once
            self.assertEqual(["test_1", "test_2", "test_3"], result.failed, result.text)
            for error in result.raised:
                self.assertDied(error)

    def test_a_broker_that_is_lost_in_the_middle_of_a_test(self):
        def produce(self):
            topic = self.events.topic("orders")
            lose(self)
            self.events.produce(topic, "x")

        def read(self):
            topic = self.events.topic("orders")
            lose(self)
            self.events.records(topic)

        def make(self):
            lose(self)
            self.events.topic("orders")

        for body in (produce, read, make):
            for result in self.run_bodies(body, brokers=self.brokers[: 2 if body is make else 1]):
                (error,) = result.raised
                self.assertDied(error)

    def test_a_lease_after_the_environment_was_closed_says_so(self):
        environment = own(self, self.brokers[0])
        lease = environment.lease(Kafka())
        topic = lease.topic("orders")
        environment.close()

        for use in (lambda: lease.records(topic), lambda: lease.topic("b"), lease.release):
            with self.assertRaisesRegex(LeaseError, "after its environment was closed"):
                use()


def use(self):
    topic = self.events.topic("orders")
    self.events.produce(topic, "x")
    self.assertEqual(1, len(self.events.records(topic)))


def lose(self):
    self.events.instance.running.kill()


class KafkaConformanceExclusive:
    needed = Kafka()
    events = Kafka(exclusive=True)

    def test_a_broker_of_its_own_is_killed_and_comes_back(self):
        topic = self.events.topic("orders")
        self.events.produce(topic, "x")
        self.events.instance.kill()
        with self.assertRaisesRegex(ServiceDiedError, "is down.*(?s:.*)instance.restart"):
            self.events.records(topic)

        self.events.instance.restart()

        if "kafka.durable" in self.events.instance.capabilities:
            self.assertEqual([b"x"], [record.value for record in self.events.records(topic)])
        again = self.events.topic("again")
        self.events.produce(again, "y")
        self.assertEqual(b"y", self.events.consumer(again).poll(20).value())

    def test_a_paused_one_goes_on(self):
        topic = self.events.topic("orders")
        self.events.instance.pause()
        self.events.instance.resume()

        self.events.produce(topic, "x")
        self.assertEqual(1, len(self.events.records(topic)))

    def test_what_has_a_fixed_name_is_no_leak_and_gone_for_the_next_test(self):
        for _ in range(2):
            with type(self).environment.lease(Kafka(exclusive=True), self.group()) as events:
                producer = events.producer()
                producer.produce("fixed", "x")
                self.assertEqual(0, producer.flush(20))
                self.assertEqual(1, len(events.records("fixed")))
                consumer = events.consumer("fixed", group="fixed-group")
                self.assertEqual(b"x", consumer.poll(20).value())

    def group(self):
        """Return what the services of this class belong to, which has the broker of its own."""
        return group_of(type(self))


class KafkaConformanceRevived(KafkaConformanceExclusive):
    """The same, and one that a test leaves dead: containers of any kind are revived elsewhere."""

    def test_one_that_is_left_dead_is_alive_for_the_next_test(self):
        self.events.topic("orders")
        self.events.instance.kill()

    test_z_the_next_test_works = KafkaConformanceExclusive.test_a_paused_one_goes_on


# Somebody else's broker is never killed.
on(KafkaConformanceExclusive, *{"docker"} & set(BROKERS))
on(KafkaConformanceRevived, *(name for name in BROKERS if name in EMBEDDED))
