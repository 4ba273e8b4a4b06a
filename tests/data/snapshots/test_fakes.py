"""Values that look real, made from hashes."""

import sys
import unittest
from unittest.mock import patch

from harness.data.snapshots.fakes import fake, faker
from harness.data.snapshots.masks import pad
from harness.errors import MissingExtraError

HASHES = [bytes(f"{number:064x}", "ascii") for number in range(200)]


class FakesTest(unittest.TestCase):
    def test_null_stays_null(self):
        self.assertEqual(b"\\N", fake("email", 0, True)(b"\\N"))

    def test_unique_values_are_unique_and_no_longer_than_the_column(self):
        change = fake("name", 12, True)
        marks = [bytes(f"{number:010x}".ljust(64, "0"), "ascii") for number in range(200)]

        made = {change(mark) for mark in marks}

        self.assertEqual(200, len(made))
        self.assertEqual({12}, {len(each) for each in made})

    def test_what_copy_reads_is_escaped(self):
        made = [fake("address", 0, False)(each) for each in HASHES[:20]]

        self.assertTrue(any(b"\\n" in each for each in made))
        self.assertFalse(any(b"\n" in each for each in made))

    def test_without_faker_the_extra_is_named(self):
        with (
            patch.dict(sys.modules, {"faker": None}),
            self.assertRaises(MissingExtraError) as raised,
        ):
            faker()

        self.assertEqual(
            "Faker, which fake: values come from, is not installed\n"
            '  next: pip install "unittest-harness[factories]", or mask with hash',
            str(raised.exception),
        )


class KeyTest(unittest.TestCase):
    def test_a_key_longer_than_a_block_is_hashed_first_as_hmac_says(self):
        self.assertEqual(128, len(pad(b"k" * 100, 0x36)))
        self.assertNotEqual(pad(b"k" * 100, 0x36), pad(b"k" * 99, 0x36))
