"""How clients reach a broker, and what their errors mean."""

import sys
import unittest
from unittest import mock

from confluent_kafka import Producer

from harness import Kafka
from harness.core.endpoint import Endpoint
from harness.errors import MissingExtraError, StartError
from harness.services.kafka.client import CONTROL, Reports, address, client_settings, new_client
from tests.support.unit import run_python


class FakeError:
    """An error as a client reports it."""

    def __init__(self, name):
        self._name = name

    def name(self):
        return self._name

    def str(self):
        return f"it was {self._name}"


class SettingsTest(unittest.TestCase):
    def test_an_address_is_host_and_port_or_several(self):
        several = (("bootstrap.servers", "a:1,b:2"),)

        self.assertEqual("a:1", address(Endpoint("a", 1)))
        self.assertEqual("[::1]:1", address(Endpoint("::1", 1)))
        self.assertEqual("a:1,b:2", address(Endpoint("a", 1, options=several)))

    def test_the_options_of_a_url_are_settings_of_the_client(self):
        endpoint = Endpoint.parse("kafka://me:a%2Fb@k:1?security.protocol=SASL_SSL", 9092)
        settings = client_settings(endpoint)

        self.assertEqual("SASL_SSL", settings["security.protocol"])
        self.assertEqual("PLAIN", settings["sasl.mechanisms"])
        self.assertEqual(("me", "a/b"), (settings["sasl.username"], settings["sasl.password"]))
        self.assertEqual("k:1", settings["bootstrap.servers"])

    def test_what_is_ours_is_no_setting(self):
        settings = client_settings(Endpoint("a", 1, options=((CONTROL, "4711"),)))

        self.assertEqual({"bootstrap.servers"}, set(settings))

    def test_an_option_that_is_unknown_is_named_without_the_password(self):
        endpoint = Endpoint.parse("kafka://me:secret@k:1?sasl.mechanism.s=PLAIN", 9092)

        with self.assertRaises(StartError) as raised:
            new_client(Producer, endpoint)
        self.assertIn('No such configuration property: "sasl.mechanism.s"', str(raised.exception))
        self.assertNotIn("secret", str(raised.exception))


class MissingTest(unittest.TestCase):
    def test_without_the_client_it_says_what_to_install(self):
        with (
            mock.patch.dict(sys.modules, {"confluent_kafka": None, "confluent_kafka.admin": None}),
            self.assertRaises(MissingExtraError) as caught,
        ):
            Kafka().preload()
        self.assertIn('next: pip install "unittest-harness[kafka]"', str(caught.exception))

    def test_all_that_is_public_is_there_without_the_client(self):
        run_python(
            "import sys; sys.modules['confluent_kafka'] = None\n"
            "from harness import Kafka, KafkaLease, KafkaRecord"
        )


class ReportsTest(unittest.TestCase):
    def said(self, *names):
        reports = Reports()
        for name in names:
            reports.note(FakeError(name))
        return reports.final("k:1")

    def test_a_broker_that_does_not_answer_may_yet(self):
        self.assertIsNone(self.said("_ALL_BROKERS_DOWN", "_TRANSPORT"))

    def test_a_log_in_that_is_refused_is_final(self):
        for name in ("_AUTHENTICATION", "_SSL"):
            text = str(self.said("_TRANSPORT", name, "_ALL_BROKERS_DOWN"))
            self.assertIn(f"Kafka at k:1 refuses the log-in: it was {name}", text)
            self.assertIn("next: correct KAFKA_BOOTSTRAP_SERVERS: kafka://user:password@", text)

    def test_a_host_that_is_unknown_is_final(self):
        self.assertIn("the host of Kafka at k:1 is unknown", str(self.said("_RESOLVE")))
