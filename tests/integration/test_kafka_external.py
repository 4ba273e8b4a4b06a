"""Somebody else's broker: it is as it was, and what cannot be used is said."""

import contextlib
import socket
import tempfile
import time
import unittest

from click.testing import CliRunner
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from harness import Environment, HarnessTestCase, Kafka
from harness.cli.main import main
from harness.core.identity import registry_id
from harness.core.settings import Settings
from harness.errors import ServiceDiedError, StartError, UnavailableError
from harness.services.kafka.marks import SETTING, signature
from tests.integration.inner import run_inner
from tests.integration.kafka import BROKERS, HOME, await_deleted, broker, need, own
from tests.integration.providers import on_one_python

QUICK = 10.0  # seconds


class ForeignTest(unittest.TestCase):
    """On a real broker that plays somebody else's."""

    def setUp(self):
        if "jars" not in BROKERS:
            self.skipTest(f"{HOME} is not set, or embedded brokers are left out")
        need(self, "jars")
        holder = tempfile.TemporaryDirectory(prefix="registry-")
        self.addCleanup(holder.cleanup)
        self.place = {"HARNESS_STATE_DIR": holder.name}
        self.endpoint = broker("jars").instance(Kafka(name="foreign")).endpoint
        self.servers = f"127.0.0.1:{self.endpoint.port}"
        self.admin = AdminClient({"bootstrap.servers": self.servers, "log_level": 0})

    def environment(self, servers=None, **variables):
        environ = {"KAFKA_BOOTSTRAP_SERVERS": servers or self.servers, **self.place, **variables}
        made = Environment(Settings.read(environ=environ), providers="external")
        self.addCleanup(made.close)
        return made

    def make(self, name, **settings):
        config = {key.replace("_", "."): value for key, value in settings.items()}
        for future in self.admin.create_topics([NewTopic(name, 1, config=config)]).values():
            future.result()
        self.addCleanup(self.remove, name)

    def remove(self, name):
        for future in self.admin.delete_topics([name]).values():
            with contextlib.suppress(Exception):
                future.result()

    def topics(self):
        return set(self.admin.list_topics(timeout=10).topics)


@on_one_python
class UntouchedTest(ForeignTest):
    def test_topics_of_others_are_left_alone_and_ours_go(self):
        self.make("orders")
        lease = self.environment().lease(Kafka())
        topic = lease.topic("orders")
        lease.produce("orders", "x")  # as the code under test may
        self.assertIn(topic, self.topics())

        lease.release()

        self.assertIn("orders", self.topics())
        await_deleted(self.topics, {topic})

    def test_a_topic_that_the_code_makes_there_is_not_deleted(self):
        def body(self):
            producer = Producer({"bootstrap.servers": self.events.bootstrap_servers})
            producer.produce("of the application".replace(" ", "-"), "x")
            assert producer.flush(10) == 0

        self.addCleanup(self.remove, "of-the-application")
        attributes = {"environment": self.environment(), "events": Kafka(), "test": body}
        result = run_inner(type("Case", (HarnessTestCase,), attributes))

        self.assertEqual([], result.raised)
        self.assertIn("of-the-application", self.topics())

    def test_a_lease_that_was_never_released_leaves_nothing(self):
        environment = self.environment()
        topic = environment.lease(Kafka()).topic("orders")
        environment.close()

        await_deleted(self.topics, {topic})


@on_one_python
class OrphanTest(ForeignTest):
    def setUp(self):
        super().setUp()
        self.registry = registry_id(Settings.read(environ=self.place))

    def orphan(self, number=1):
        """Return the name of a topic of a process that has ended."""
        return f"harness-{self.registry}-4194999x7-abcdef{number}-orders"

    def test_a_topic_that_a_killed_run_has_signed_is_deleted(self):
        name = self.orphan()
        self.make(name, **{SETTING: signature(name, self.registry)})

        self.environment().lease(Kafka()).release()

        await_deleted(self.topics, {name})

    def test_a_topic_with_such_a_name_alone_is_nobodys_business(self):
        name = self.orphan()
        self.make(name)

        self.environment().lease(Kafka()).release()

        self.assertIn(name, self.topics())

    def test_where_there_are_too_many_the_start_is_refused_and_harness_clean_deletes_them(self):
        names = [self.orphan(number) for number in range(1, 4)]
        for name in names:
            self.make(name, **{SETTING: signature(name, self.registry)})
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "HARNESS_MAX_ORPHANS": "2",
            "HARNESS_PROVIDERS": "embedded,kafka=external",
            **self.place,
        }

        with self.assertRaisesRegex(StartError, "(?s)has 3 topics that killed runs.*harness clean"):
            self.environment(**variables).lease(Kafka())
        for arguments, word in ((["--dry-run"], "would remove"), ([], "removed")):
            done = CliRunner().invoke(main, ["clean", *arguments], env=variables)
            for name in names:
                self.assertIn(f"{word} topic {name}", done.output)
        await_deleted(self.topics, {*names})


@on_one_python
class RefusalTest(ForeignTest):
    def refused(self, servers, kind=StartError, **variables):
        began = time.monotonic()
        with self.assertRaises(kind) as raised:
            self.environment(servers, **variables).lease(Kafka())
        self.assertLess(time.monotonic() - began, QUICK)
        return str(raised.exception)

    def test_a_port_on_which_nobody_listens(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            text = self.refused(f"127.0.0.1:{holder.getsockname()[1]}")

        self.assertIn("kafka on external was not ready within 5 s", text)
        self.assertIn("Connection refused", text)
        self.assertIn("no server runs at 127.0.0.1", text)

    def test_something_that_is_no_kafka(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            text = self.refused(f"127.0.0.1:{server.getsockname()[1]}")

        self.assertIn("kafka on external was not ready within 5 s", text)

    def test_a_host_that_is_unknown(self):
        text = self.refused("nowhere.invalid:9092", HARNESS_ALLOW_REMOTE="1")

        self.assertIn("the host of Kafka at nowhere.invalid:9092 is unknown", text)

    def test_a_host_of_another_machine_also_among_several(self):
        for servers in ("kafka.example.com:9092", f"{self.servers},kafka.example.com:9092"):
            text = self.refused(servers)
            self.assertIn("names a server on another machine: kafka.example.com", text)
            self.assertIn("HARNESS_ALLOW_REMOTE=1", text)

    def test_several_addresses_of_which_one_answers(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            servers = f"127.0.0.1:{holder.getsockname()[1]},{self.servers}"
            lease = self.environment(servers).lease(Kafka())

            self.assertEqual(servers, lease.bootstrap_servers)
            self.assertEqual([], lease.records(lease.topic("orders")))

    def test_a_url_with_settings_of_the_client(self):
        lease = self.environment(f"kafka://{self.servers}?client.id=me").lease(Kafka())
        self.assertEqual(self.servers, lease.bootstrap_servers)

        text = self.refused(f"kafka://{self.servers}?client.ids=me")
        self.assertIn('No such configuration property: "client.ids"', text)
        self.assertIn("KAFKA_BOOTSTRAP_SERVERS", text)

    def test_a_password_is_not_shown(self):
        text = self.refused("kafka://me:secret@127.0.0.1:1")

        self.assertNotIn("secret", text)

    def test_a_url_of_another_kind_of_server(self):
        text = self.refused("redis://127.0.0.1:9092")

        self.assertIn("redis:// is for another kind of server", text)

    def test_options_that_only_a_broker_of_ours_can_have(self):
        for options, text in (
            ({"version": "4"}, "which a broker does not tell"),
            ({"settings": (("a", "b"),)}, "which hold for a whole broker"),
            ({"exclusive": True}, "somebody else's"),
        ):
            with self.assertRaisesRegex(UnavailableError, text):
                self.environment().choose(Kafka(**options))

    def test_a_broker_that_is_lost_between_two_tests(self):
        mock = own(self, "mock").instance(Kafka(exclusive=True))
        environment = self.environment(f"127.0.0.1:{mock.endpoint.port}")
        environment.lease(Kafka()).release()
        mock.running.kill()

        began = time.monotonic()
        with self.assertRaisesRegex(ServiceDiedError, "(?s)does not answer any more.*start it"):
            environment.lease(Kafka())
        self.assertLess(time.monotonic() - began, 3.0)
