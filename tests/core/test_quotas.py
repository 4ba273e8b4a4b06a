"""Quotas of tiers, as they are written."""

import unittest

from harness.core.quotas import Quota, parse_quotas
from harness.errors import ConfigurationError
from tests.support.unit import DirectoryTest


class QuotasTest(unittest.TestCase):
    def test_shares_and_times_are_read(self):
        self.assertEqual(
            (
                Quota("unit", True, 70.0, "%"),
                Quota("e2e", False, 10.0, "%"),
                Quota("unit", False, 0.5, "s"),
            ),
            parse_quotas("unit>=70%, e2e <= 10 %,unit<=0.5s,"),
        )
        self.assertEqual((), parse_quotas(" "))

    def test_a_bound_itself_is_within(self):
        least, most = parse_quotas("unit>=70%, e2e<=10%")

        self.assertEqual([False, True, True], [least.met(value) for value in (69.9, 70, 71)])
        self.assertEqual([True, True, False], [most.met(value) for value in (9, 10, 10.1)])


class SettingTest(DirectoryTest):
    def test_what_is_no_quota_is_refused_with_the_form(self):
        for text in "unit", "unit=70%", "unit>=1s", "unit<=70", "unit<=-1%":
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                self.settings(HARNESS_QUOTAS=text)
            self.assertEqual(
                f"{text!r} is no quota: write TIER>=SHARE%, TIER<=SHARE% or TIER<=SECONDSs",
                caught.exception.cause,
            )
