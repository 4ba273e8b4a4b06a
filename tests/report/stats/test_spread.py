"""Median and percentiles."""

import random
import unittest

from harness.report.stats.spread import spread


def type_7(values, share):
    """Return a quantile as Hyndman and Fan define their type 7, written down again."""
    values = sorted(values)
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


class SpreadTest(unittest.TestCase):
    def test_percentiles_are_those_of_type_7(self):
        rng = random.Random(7)
        for count in 2, 3, 10, 100, 101:
            values = [rng.random() for _ in range(count)]
            found = spread(values)
            self.assertEqual(count, found.count)
            for share, value in (0.5, found.median), (0.95, found.p95), (0.99, found.p99):
                self.assertAlmostEqual(type_7(values, share), value, places=12)

    def test_of_one_value_all_are_this_one_and_of_none_there_is_none(self):
        self.assertEqual((2.0, 2.0, 2.0), (*(one := spread([2.0])).__dict__.values(),)[1:])
        self.assertEqual(1, one.count)
        self.assertIsNone(spread([]))
