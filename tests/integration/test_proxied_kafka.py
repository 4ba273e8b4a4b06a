"""What `proxied=True` does for Kafka, whatever the broker: clients stay on their way."""

import dataclasses
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from harness import Environment, HarnessTestCase, Kafka, Redis
from harness.adapters.declared import group_of
from harness.core.settings import Settings
from harness.errors import FaultError, UnavailableError
from harness.faults import down, latency, reset_peer, timeout, toxics
from tests.integration.inner import run_inner
from tests.integration.kafka import BROKERS, EMBEDDED, on, on_every_broker, own
from tests.integration.programs import OwnRegistryTest
from tests.integration.providers import on_one_python
from tests.integration.toxiproxies import LONG, SOON

QUIET = {"log_level": 0}  # what a client says of a cut is not what we look at
IMPATIENT = {**QUIET, "message.timeout.ms": 1000}


@on_every_broker
class KafkaConformanceProxied:
    needed = Kafka()
    events = Kafka(proxied=True)
    plain = Kafka()

    def setUp(self):
        self.topic = self.events.topic("paid")
        self.producer = self.events.producer(QUIET)

    def inner(self, **tests):
        return type("Inner", (HarnessTestCase,), {"events": Kafka(proxied=True), **tests})

    def assertClean(self, **tests):
        result = self.run_inner(self.inner(**tests), *sorted(tests))
        self.assertTrue(result.wasSuccessful(), result.text)

    def values(self):
        return [record.value for record in self.events.records(self.topic)]

    def test_a_slow_broker_delays_a_delivery_and_not_what_the_test_asks(self):
        self.assertLess(seconds(deliver, self.producer, self.topic), SOON)
        with self.events.toxics.latency(ms=100):
            self.assertGreater(seconds(deliver, self.producer, self.topic), 0.098)
        with self.events.toxics.latency(ms=LONG):
            self.assertLess(seconds(self.values), SOON)
            self.assertLess(seconds(self.events.produce, self.topic, "x"), SOON)
        self.assertLess(seconds(deliver, self.producer, self.topic), SOON)

    def test_what_the_broker_says_of_itself_leads_through_the_proxy_too(self):
        ours = Producer({"bootstrap.servers": self.events.bootstrap_servers, **QUIET})
        for client in (ours, self.producer, self.events.consumer(settings=QUIET)):
            brokers = client.list_topics(timeout=10).brokers.values()
            told = {f"{broker.host}:{broker.port}" for broker in brokers}
            self.assertEqual({*self.events.bootstrap_servers.split(",")}, told)
            self.assertFalse(told & {*self.plain.bootstrap_servers.split(",")})

    def test_what_the_admin_api_says_leads_through_the_proxy_too(self):
        self.requireCapability(self.events, "kafka.admin.topics")
        admin = AdminClient({"bootstrap.servers": self.events.bootstrap_servers, **QUIET})
        nodes = admin.describe_cluster().result(20).nodes
        told = {f"{node.host}:{node.port}" for node in nodes}
        self.assertEqual({*self.events.bootstrap_servers.split(",")}, told)

    def test_a_transaction_is_slowed_down_at_its_coordinator(self):
        self.requireCapability(self.events, "kafka.transactions")
        own = {**QUIET, "transactional.id": self.events.group("writer")}
        producer = self.events.producer(own)
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(self.topic, "x")
        with self.events.toxics.latency(ms=100):
            self.assertGreater(seconds(producer.commit_transaction, 30), 0.098)
        self.assertEqual([b"x"], self.values())

    def test_a_consumer_is_slowed_down_in_its_group(self):
        consumer = self.events.consumer(self.topic, settings=QUIET)
        self.events.produce(self.topic, "a")
        self.assertEqual(b"a", consumer.poll(20).value())
        with self.events.toxics.latency(ms=100):
            self.assertGreater(seconds(consumer.commit, asynchronous=False), 0.098)

    def test_a_delivery_fails_in_its_time_while_the_broker_is_down_and_works_afterwards(self):
        producer = self.events.producer(IMPATIENT)
        deliver(producer, self.topic)
        with self.events.toxics.down():
            began = time.monotonic()
            self.assertEqual("_MSG_TIMED_OUT", deliver(producer, self.topic, "lost"))
            self.assertLess(time.monotonic() - began, SOON)
            self.assertEqual([b"x"], self.values())

        self.assertEventually(lambda: self.assertIsNone(deliver(producer, self.topic)), within=10)
        self.assertNotIn(b"lost", self.values())

    def test_a_producer_goes_on_after_silence_and_after_a_reset(self):
        deliver(self.producer, self.topic)
        for fault in (timeout(ms=0), timeout(ms=1), reset_peer()):
            with self.events.toxics.having(fault):
                self.producer.produce(self.topic, "late")
                self.assertEqual(1, self.producer.flush(0.1))
            self.assertEqual(0, self.producer.flush(20))
        self.assertIn(b"late", self.values())

    def test_what_an_idempotent_producer_sends_again_is_there_once_where_the_broker_can(self):
        producer = self.events.producer({**QUIET, "enable.idempotence": True})
        deliver(producer, self.topic)
        with self.events.toxics.timeout(ms=0):  # the broker has it, and nobody is told
            producer.produce(self.topic, "again")
            self.assertEventually(lambda: self.assertIn(b"again", self.values()), within=5)
        self.assertEqual(0, producer.flush(20))

        once = "kafka.idempotence" in self.events.instance.capabilities
        self.assertIn(self.values().count(b"again"), (1,) if once else (2, 3))

    @toxics("events", latency(ms=100))
    def test_a_decorator_has_it_for_the_whole_test(self):
        self.assertGreater(seconds(deliver, self.producer, self.topic), 0.098)

    def test_one_body_runs_under_each_fault(self):
        producer = self.events.producer(IMPATIENT)
        self.assertEventually(lambda: self.assertIsNone(deliver(producer, self.topic)), within=SOON)
        told = []
        for fault in self.under(self.events, [latency(ms=1), down()]):
            with fault:
                told.append(deliver(producer, self.topic))
        self.assertEqual([None, "_MSG_TIMED_OUT"], told)

    def test_what_is_not_proxied_shares_the_broker_and_is_not_disturbed(self):
        self.assertIs(self.plain.instance, self.events.instance)
        topic = self.plain.topic("orders")
        with self.events.toxics.down():
            self.assertIsNone(deliver(self.plain.producer(), topic))
        with self.assertRaises(FaultError) as raised:
            self.plain.toxics.latency(ms=5)
        self.assertIn("next: write Kafka(proxied=True)", str(raised.exception))

    def test_what_a_test_forgot_is_gone_in_the_next_one_at_the_same_address(self):
        def forgets(case):
            seen.append(case.events.bootstrap_servers)
            case.events.toxics.latency(ms=LONG).__enter__()
            case.events.toxics.down().__enter__()

        def finds_nothing(case):
            seen.append(case.events.bootstrap_servers)
            producer, topic = case.events.producer(), case.events.topic("orders")
            case.assertLess(seconds(deliver, producer, topic), SOON)

        seen = []
        self.assertClean(test_a=forgets, test_b=finds_nothing)
        self.assertEqual(1, len(set(seen)), seen)

    def test_what_a_fault_has_kept_from_the_broker_is_no_leak(self):
        def unsent(case):
            topic = case.events.topic("orders")
            case.events.toxics.down().__enter__()
            case.events.producer(QUIET).produce(topic, "never")

        def cut_off(case):
            topic = case.events.topic("orders")
            case.events.produce(topic, "x")
            consumer = case.events.consumer(topic, settings=QUIET)
            case.assertEqual(b"x", consumer.poll(20).value())
            case.events.toxics.timeout(ms=0, stream="upstream").__enter__()

        self.assertClean(test_a=unsent, test_b=cut_off)

    def test_a_consumer_that_stays_is_a_leak_though_there_was_a_fault(self):
        self.requireCapability(self.events, "kafka.groups.admin")
        other = []

        def stays(case):
            topic = case.events.topic("orders")
            case.events.produce(topic, "x")
            other.append(consumer_of(case.events, topic))
            case.assertEqual(b"x", other[0].poll(20).value())
            with case.events.toxics.latency(ms=1):
                pass

        result = self.run_inner(self.inner(test=stays))
        other[0].close()
        self.assertIn("the test left 1 consumer(s) in the group", result.text)

    def test_two_leases_at_once_have_each_their_own_faults(self):
        with type(self).environment.lease(Kafka(proxied=True)) as other:
            self.assertNotEqual(other.bootstrap_servers, self.events.bootstrap_servers)
            producer, topic = other.producer(), other.topic("orders")
            with self.events.toxics.down():
                self.assertIsNone(deliver(producer, topic))


def consumer_of(lease, topic):
    """Return a consumer as the code under test makes it."""
    where = {"bootstrap.servers": lease.bootstrap_servers, "group.id": lease.group()}
    consumer = Consumer({**where, "auto.offset.reset": "earliest", **QUIET})
    consumer.subscribe([topic])
    return consumer


def deliver(producer, topic, value="x", **options):
    """Send a record and wait for it; return the name of the error, or None."""
    told = []
    producer.produce(topic, value, on_delivery=lambda error, _: told.append(error), **options)
    producer.flush(20)
    return told[0] and told[0].name()


def seconds(action, *arguments, **options):
    began = time.monotonic()
    action(*arguments, **options)
    return time.monotonic() - began


class KafkaConformanceProxiedExclusive:
    needed = Kafka()
    events = Kafka(proxied=True, exclusive=True)

    def test_a_broker_that_comes_back_is_reached_where_it_was(self):
        servers = self.events.bootstrap_servers
        with type(self).environment.lease(type(self).events, group_of(type(self))) as left_dead:
            deliver(left_dead.producer(QUIET), left_dead.topic("orders"))
            left_dead.instance.kill()

        self.assertEqual(servers, self.events.bootstrap_servers)
        again, producer = self.events.topic("again"), self.events.producer(QUIET)
        self.assertIsNone(deliver(producer, again))
        with self.events.toxics.latency(ms=100):
            self.assertGreater(seconds(deliver, producer, again), 0.098)


on(KafkaConformanceProxiedExclusive, *(name for name in BROKERS if name in EMBEDDED))


@on_one_python
class ProxyDeathTest(OwnRegistryTest):
    """The fault proxy, or the relay behind it, dies."""

    def died_once(self, kind, said):
        """Run a test in which one of them dies, and two after it; only the first may fail."""
        if "mock" not in BROKERS:
            self.skipTest("only embedded ones are killed")
        environment = own(self, "mock")

        def use(case):
            producer, topic = case.events.producer(QUIET), case.events.topic("orders")
            case.assertIsNone(deliver(producer, topic))

        def test_a(case):
            use(case)
            running = case.events.instance.beside[kind].running
            running.kill()
            while running.exit_state() is None:
                time.sleep(0.005)

        def test_after(case):
            use(case)
            with case.events.toxics.latency(ms=1):
                use(case)

        tests = {"test_a": test_a, "test_b": test_after, "test_c": test_after}
        attributes = {"environment": environment, "events": Kafka(proxied=True), **tests}
        result = run_inner(type("Case", (HarnessTestCase,), attributes), *sorted(tests))

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertEqual(1, result.text.count(said), result.text)

    def test_the_next_test_is_clean_after_the_fault_proxys_death(self):
        self.died_once("toxiproxy", "toxiproxy on embedded died: killed by SIGKILL")

    def test_the_next_test_is_clean_after_the_relays_death(self):
        self.died_once("kafka-relay", "kafka-relay on embedded died: killed by SIGKILL")


class ClusterTest(OwnRegistryTest):
    """Somebody else's cluster, of three brokers: mock ones, which share the partitions."""

    def setUp(self):
        self.cluster = Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "-", **QUIET})
        brokers = self.cluster.list_topics(timeout=10).brokers.values()
        servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        settings = Settings.read(environ={"KAFKA_BOOTSTRAP_SERVERS": servers})
        self.environment = Environment(settings, providers="external")
        self.addCleanup(self.environment.close)

    def test_each_broker_is_reached_through_a_proxy_of_its_own(self):
        with self.environment.lease(Kafka(proxied=True)) as events:
            producer = events.producer(QUIET)
            leaders = {}  # of the partitions that the cluster deals out at random
            for topic in (f"orders-{number}" for number in range(8)):
                found = producer.list_topics(topic, timeout=10)
                places = found.topics[topic].partitions
                leaders.update({place.leader: (topic, n) for n, place in places.items()})
            told = [f"{broker.host}:{broker.port}" for broker in found.brokers.values()]
            self.assertEqual(sorted(events.bootstrap_servers.split(",")), sorted(told))
            self.assertEqual(3, len(leaders))
            for topic, partition in leaders.values():
                deliver(producer, topic, partition=partition)
                with events.toxics.latency(ms=100):
                    slow = seconds(deliver, producer, topic, partition=partition)
                    self.assertGreater(slow, 0.098)


class DeclarationTest(OwnRegistryTest):
    def test_a_broker_that_speaks_tls_cannot_be_proxied_and_the_error_says_so(self):
        url = "kafka://me:secret@127.0.0.1:9093?security.protocol=SASL_SSL"
        settings = Settings.read(environ={"KAFKA_BOOTSTRAP_SERVERS": url})
        environment = Environment(settings, providers="external")
        self.assertEqual("external", environment.choose(Kafka()).provider.name)

        with self.assertRaises(UnavailableError) as raised:
            environment.choose(Kafka(proxied=True))

        self.assertIn(
            "external: proxied=True was asked for, and KAFKA_BOOTSTRAP_SERVERS says "
            "security.protocol=SASL_SSL, which no relay can read",
            str(raised.exception),
        )

    def test_what_runs_beside_it_is_asked_for_only_where_it_is_proxied(self):
        self.assertEqual((), Kafka().beside())
        self.assertEqual(Redis(proxied=True).beside(), Kafka(proxied=True).beside()[:1])
        self.assertEqual(
            Kafka().instance_key(), dataclasses.replace(Kafka(), proxied=True).instance_key()
        )
