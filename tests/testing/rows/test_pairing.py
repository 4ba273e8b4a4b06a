"""Which expected row belongs to which row."""

import itertools
import unittest
from unittest import mock

from harness.errors import ConfigurationError
from harness.services.rows import Row
from harness.testing.rows.pairing import Pairing, owners_of


def rows(*values):
    return [Row(["a", "b"], pair) for pair in values]


def dicts(*values):
    return [{"a": a, "b": b} for a, b in values]


class PairingTest(unittest.TestCase):
    def test_matchers_are_moved_until_every_row_has_its_own(self):
        wanted = dicts((mock.ANY, mock.ANY), (mock.ANY, 2), (1, mock.ANY), (1, 2))
        for there in itertools.permutations(rows((1, 2), (1, 3), (4, 2), (5, 6))):
            for order in itertools.permutations(wanted):
                self.assertTrue(Pairing(order, there, ()).perfect)

    def test_as_many_as_can_be_belong_together(self):
        wanted = dicts((1, mock.ANY), (1, mock.ANY), (1, mock.ANY))

        pairing = Pairing(wanted, rows((1, 1), (1, 2), (2, 1)), ())

        self.assertFalse(pairing.perfect)
        self.assertEqual([(2, 1)], [row for row, _ in pairing.different])

    def test_equal_rows_count_one_by_one(self):
        pairing = Pairing(dicts((1, 1), (1, 1)), rows((1, 1), (1, 1), (1, 1)), ())

        self.assertEqual([(1, 1)], pairing.unexpected)

    def test_values_without_a_hash(self):
        self.assertTrue(Pairing(dicts((1, [2]), ([3], 4)), rows(([3], 4), (1, [2])), ()).perfect)

    def test_too_many_to_try_are_refused(self):
        wanted = [{"a": [n]} for n in range(2000)]

        with self.assertRaisesRegex(ConfigurationError, 'say by key="id"'):
            owners_of(wanted, rows(*[(n, n) for n in range(2000)]))
