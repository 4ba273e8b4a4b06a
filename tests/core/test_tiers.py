"""The names of tiers, as settings and classes write them."""

import unittest

from harness.core.settings import Settings
from harness.errors import ConfigurationError


class TiersTest(unittest.TestCase):
    def tiers(self, text):
        return Settings.read(environ={"HARNESS_TIERS": text}).tiers

    def test_tiers_are_read_in_their_own_order_each_once(self):
        self.assertEqual(("unit", "e2e"), self.tiers("e2e, unit,e2e"))

    def test_none_of_them_is_all_of_them(self):
        self.assertEqual((), self.tiers(""))

    def test_an_unknown_one_is_refused_with_the_nearest(self):
        with self.assertRaises(ConfigurationError) as caught:
            self.tiers("unit,integartion")
        self.assertEqual(
            "unknown tier 'integartion' (in tiers, set by HARNESS_TIERS)\n"
            "  next: did you mean integration?",
            str(caught.exception),
        )
