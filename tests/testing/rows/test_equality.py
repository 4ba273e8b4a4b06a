"""Comparing values, and saying how two of them differ."""

import unittest
from datetime import UTC, date, datetime
from decimal import Decimal
from unittest import mock
from uuid import UUID

from harness.testing.rows.equality import Difference, equals, likeness

NAN = float("nan")
EQUAL = (
    (1, Decimal("1.00")),
    (0.1, Decimal("0.1")),
    (0.0, -0.0),
    (Decimal("-0"), 0.0),
    (NAN, NAN),
    (NAN, Decimal("NaN")),
    (Decimal("NaN"), Decimal("NaN")),
    (float("inf"), Decimal("Infinity")),
    (True, 1),
    ({"a": [1]}, {"a": [1.0]}),
    (bytearray(b"a"), b"a"),
    (mock.ANY, None),
)
DIFFERENT = (
    (1, "1"),
    (NAN, 1.0),
    (1.0, Decimal("NaN")),
    (0.1, Decimal("0.1001")),
    ((1, 2), [1, 2]),
    (None, 0),
    (None, ""),
    ("a", b"a"),
    (b"a", "a"),
    (datetime(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)),
)


class EqualityTest(unittest.TestCase):
    def test_what_is_equal(self):
        for expected, actual in EQUAL:
            with self.subTest(expected=expected, actual=actual):
                self.assertTrue(equals(expected, actual, "a"))

    def test_what_is_different(self):
        for expected, actual in DIFFERENT:
            with self.subTest(expected=expected, actual=actual):
                self.assertFalse(equals(expected, actual, "a"))

    def test_what_is_expected_decides(self):
        class Anything:
            def __eq__(self, other):
                return "yes"

        class Nothing:
            def __eq__(self, other):
                return False

        self.assertIs(True, equals(Anything(), Nothing(), "a"))
        self.assertIs(False, equals(Nothing(), Anything(), "a"))


class RemarkTest(unittest.TestCase):
    def test_what_is_not_seen_at_once(self):
        token = "6b29fc40-ca47-1067-b31d-00dd010662da"
        for expected, actual, remark in (
            (token, UUID(token), "differs in type: UUID, expected str"),
            ("7", 7, "differs in type: int, expected str"),
            ((1, 2), [1, 2], "differs in type: list, expected tuple"),
            ("2000-01-01", date(2000, 1, 1), "differs in type: date, expected str"),
            (
                datetime(2000, 1, 1),
                datetime(2000, 1, 1, tzinfo=UTC),
                "one of them has no time zone",
            ),
            ("ab", "ab   ", "differs in white space alone"),
            ("a  b", "a b", "differs in white space alone"),
            ("ab", "ac", ""),
            (1, 2, ""),
            (datetime(2000, 1, 1), datetime(2001, 1, 1), ""),
        ):
            with self.subTest(expected=expected, actual=actual):
                self.assertEqual(remark, Difference("a", expected, actual).remark)


class LikenessTest(unittest.TestCase):
    def test_nearer_values_are_more_alike(self):
        for expected, near, far in (
            ("ada@example.com", "ada@example.org", "bob"),
            (7, 8, 70),
            (7, 7.5, Decimal(9)),
            (date(2000, 1, 1), date(2000, 1, 2), date(2001, 1, 1)),
            (7, 8, None),
            (7, 8, "7"),
            (7, 8, NAN),
        ):
            with self.subTest(expected=expected):
                self.assertGreater(
                    likeness(Difference("a", expected, near)),
                    likeness(Difference("a", expected, far)),
                )

    def test_a_number_too_large_for_a_float_is_far(self):
        self.assertEqual(0, likeness(Difference("a", 10**400, 1)))
