"""Somebody else's broker that wants a log-in."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Environment, Kafka
from harness.core.settings import Settings
from harness.errors import StartError
from harness.services.kafka import distribution
from harness.services.kafka.prepared import (
    STORAGE,
    answers,
    free_ports,
    java,
    options_for,
    prepared,
    write_properties,
)
from tests.integration.kafka import BROKERS, HOME, need
from tests.integration.providers import on_one_python

PASSWORD = "a b:c@d/e%f"  # what a URL has to escape
ESCAPED = "a%20b%3Ac%40d%2Fe%25f"
USERS = f'user_broker="inside" user_me="{PASSWORD}"'
LOGIN = (
    ("listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT"),
    ("sasl.enabled.mechanisms", "PLAIN"),
    ("sasl.mechanism.inter.broker.protocol", "PLAIN"),
    (
        "listener.name.clients.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="broker" password="inside" {USERS};',
    ),
)


@on_one_python
class LoginTest(unittest.TestCase):
    def setUp(self):
        if "jars" not in BROKERS:
            self.skipTest(f"{HOME} is not set, or embedded brokers are left out")
        need(self, "jars")

    def broker(self):
        """Start a broker that wants a log-in; return its port."""
        settings = Settings.read(environ=dict(os.environ))
        found = distribution.choose(None, settings)
        holder = tempfile.TemporaryDirectory(prefix="kafka-", ignore_cleanup_errors=True)
        self.addCleanup(holder.cleanup)
        home, place = Path(holder.name), prepared(found, settings)
        shutil.copytree(place / STORAGE, home / "data")
        port, controller = free_ports(2)
        file = write_properties(home, port, controller, home / "data", LOGIN)
        process = subprocess.Popen(
            [*java(found, *options_for(place)), "kafka.Kafka", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(answers(process, port))
        return port

    def environment(self, url):
        settings = Settings.read(environ={"KAFKA_BOOTSTRAP_SERVERS": url})
        made = Environment(settings, providers="external")
        self.addCleanup(made.close)
        return made

    def test_a_user_with_a_password(self):
        port = self.broker()
        lease = self.environment(f"kafka://me:{ESCAPED}@127.0.0.1:{port}").lease(Kafka())
        topic = lease.topic("orders")
        lease.produce(topic, "x")

        self.assertEqual([b"x"], [record.value for record in lease.records(topic)])
        self.assertEqual(b"x", lease.consumer(topic).poll(20).value())
        for shown in (lease, lease.instance, lease.instance.endpoint):
            self.assertNotIn(PASSWORD, repr(shown))
        lease.release()
        with self.environment(f"kafka://me:{ESCAPED}@127.0.0.1:{port}").lease(
            Kafka(proxied=True)
        ) as proxied:
            topic = proxied.topic("orders")
            proxied.producer().produce(topic, "y")
            self.assertEqual(b"y", proxied.consumer(topic).poll(20).value())
            self.assertNotIn(str(port), proxied.bootstrap_servers)

        for login in (f"me:{ESCAPED}x", "nobody:secret"):
            with self.assertRaises(StartError) as raised:
                self.environment(f"kafka://{login}@127.0.0.1:{port}").lease(Kafka())
            text = str(raised.exception)
            self.assertIn(f"Kafka at 127.0.0.1:{port} refuses the log-in", text)
            self.assertNotIn(login.partition(":")[2], text)
