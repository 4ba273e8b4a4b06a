"""Comparing versions."""

import unittest

from harness.core.versions import fits


class FitsTest(unittest.TestCase):
    def test_a_part_of_a_version_fits_and_a_beginning_of_a_number_does_not(self):
        self.assertTrue(fits("15.13", "15"))
        self.assertTrue(fits("15.13", "15.13"))
        self.assertTrue(fits("7.0.15", "7"))
        self.assertFalse(fits("15.13", "1"))
        self.assertFalse(fits("15.13", "15.1"))
        self.assertFalse(fits("7.0.15", "7.0.1"))
        self.assertFalse(fits("15", "15.13"))
