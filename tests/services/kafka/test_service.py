"""Kafka as a test declares it."""

import copy
import dataclasses
import pickle
import unittest

from harness import Kafka
from harness.core.recipe import ContainerRecipe, UrlRecipe
from harness.errors import NotALeaseError, ServiceDefinitionError
from harness.services.kafka.embedded import EmbeddedKafka
from tests.support.unit import run_python


class DefinitionTest(unittest.TestCase):
    def refused(self, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            Kafka(**options)
        return str(caught.exception)

    def test_settings_are_pairs_of_texts(self):
        for value in ("a=1", ("a", "1"), (("a",),), (("a", 1),)):
            with self.subTest(value):
                self.assertIn(
                    'is not a pair of texts\n  next: write settings=(("message.max.bytes", '
                    '"2000000"),)',
                    self.refused(settings=value),
                )

    def test_a_mutable_option_says_what_to_write_instead(self):
        self.assertIn("next: write settings=(('a', '1'),)", self.refused(settings={"a": "1"}))

    def test_an_alias_is_the_name_of_a_host(self):
        self.assertIn("Kafka(alias='a b'): no name of a host", self.refused(alias="a b"))


class ValueTest(unittest.TestCase):
    def test_copies_are_equal(self):
        service = Kafka(version="4", settings=(("a", "1"),), name="a")
        for twin in (
            copy.copy(service),
            pickle.loads(pickle.dumps(service)),
            dataclasses.replace(service),
        ):
            self.assertEqual(service, twin)

    def test_it_shows_what_differs(self):
        self.assertEqual("Kafka(version='4', exclusive=True)", repr(Kafka("4", exclusive=True)))

    def test_it_is_no_lease(self):
        with self.assertRaisesRegex(NotALeaseError, "it has no attribute 'topic'"):
            Kafka().topic("orders")

    def test_making_one_imports_no_client(self):
        run_python(
            "import sys; from harness import Kafka; Kafka(version='4').recipe('docker'); "
            "assert 'confluent_kafka' not in sys.modules"
        )


class RecipeTest(unittest.TestCase):
    def test_each_provider_has_its_own(self):
        service = Kafka()

        self.assertIsInstance(service.recipe("external"), UrlRecipe)
        self.assertIsInstance(service.recipe("docker"), ContainerRecipe)
        self.assertIsInstance(service.recipe("embedded"), EmbeddedKafka)

    def test_an_image_is_for_docker_alone(self):
        service = Kafka(image="kafka")

        self.assertEqual("image='kafka' was asked for", service.recipe("external"))
        self.assertEqual("image='kafka' was asked for", service.recipe("embedded"))

    def test_a_container_has_a_listener_for_each_kind_of_client(self):
        recipe = Kafka(alias="broker", settings=(("log.retention.ms", "-1"),)).recipe("docker")

        self.assertEqual((9092, 19092), (recipe.port, recipe.inside_port))
        self.assertEqual("-1", recipe.environment["KAFKA_LOG_RETENTION_MS"])
        self.assertEqual("0", recipe.environment["KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS"])
        self.assertIn("INSIDE://broker:19092", recipe.environment["HARNESS_ADVERTISED"])
        self.assertNotIn("INSIDE", Kafka().recipe("docker").environment["HARNESS_ADVERTISED"])

    def test_the_data_of_an_exclusive_one_is_not_in_memory_which_a_restart_would_lose(self):
        self.assertEqual((), Kafka(exclusive=True).recipe("docker").scratch)
        self.assertNotEqual((), Kafka().recipe("docker").scratch)
