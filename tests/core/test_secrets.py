"""Texts that are never shown."""

import unittest
from urllib.parse import quote

from harness.core.frozen import FrozenMapping
from harness.core.instance import log_tail
from harness.core.secrets import random_password, secrets_of
from tests.support.unit import ScriptedRunning


class SecretsTest(unittest.TestCase):
    def test_a_password_is_random_and_safe_in_a_url(self):
        passwords = {random_password() for _ in range(100)}

        self.assertEqual(100, len(passwords))
        for password in passwords:
            self.assertGreaterEqual(len(password), 20)
            self.assertEqual(password, quote(password, safe=""))

    def test_variables_are_secret_by_their_name(self):
        variables = {"A_PASSWORD": "one", "api_key": "two", "LANG": "C", "TOKEN": ""}

        self.assertEqual(("one", "two"), secrets_of(variables))

    def test_the_end_of_a_log_shows_none(self):
        running = ScriptedRunning(log="no role sesame\n")
        running.secrets = ("sesame",)

        self.assertEqual("no role ***", log_tail(running))


class FrozenMappingTest(unittest.TestCase):
    def test_equal_ones_are_equal_and_have_one_hash(self):
        one, other = FrozenMapping({"a": "b", "c": "d"}), FrozenMapping({"c": "d", "a": "b"})

        self.assertEqual({one}, {other})
        self.assertEqual({"a": "b", "c": "d"}, one)
        self.assertEqual((2, ["a", "c"]), (len(one), list(one)))
        self.assertNotEqual(one, FrozenMapping())

    def test_what_it_was_made_from_may_change(self):
        source = {"a": "b"}
        mapping = FrozenMapping(source)
        source["a"] = "c"

        self.assertEqual("b", mapping["a"])
