"""The names of topics and groups."""

import unittest
from pathlib import Path

from harness.core.settings import Settings
from harness.errors import LeaseError
from harness.services.kafka.names import LONGEST, Names, check_name, is_a_tests


class NamesTest(unittest.TestCase):
    def setUp(self):
        self.names = Names(Settings.read(Path("/"), environ={}))

    def test_each_test_has_a_beginning_of_its_own(self):
        first, second = self.names.beginning(), self.names.beginning()

        self.assertNotEqual(first, second)
        self.assertFalse(second.startswith(first))
        self.assertTrue(is_a_tests(f"{first}orders"))

    def test_the_longest_name_fits_into_what_kafka_takes(self):
        name = "x" * LONGEST
        check_name("topic", name)

        self.assertLess(len(self.names.beginning() + name), 249 - len("-retry"))

    def test_what_a_living_process_made_is_no_orphan(self):
        name = f"{self.names.beginning()}orders"
        dead = name.replace(name.split("-")[2], "4194999x7")

        self.assertFalse(self.names.is_orphan(name))
        self.assertTrue(self.names.is_orphan(dead))
        self.assertFalse(self.names.is_orphan(dead.replace(self.names.registry, "0" * 8)))
        self.assertFalse(self.names.is_orphan("orders"))

    def test_odd_characters_are_named_with_what_to_write(self):
        with self.assertRaisesRegex(LeaseError, r"(?s)does not take ' ', '/'.*topic\('a-b-c'\)"):
            check_name("topic", "a/b c")
