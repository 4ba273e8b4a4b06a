"""The mark by which a database is known as ours."""

import unittest
from unittest import mock

from harness.services.postgres import marks
from harness.services.postgres.marks import Owner

OWNER = Owner("0123abcd", 42, "shop")


class MarkTest(unittest.TestCase):
    def test_a_mark_is_read_back(self):
        self.assertEqual(OWNER, Owner.read(OWNER.mark()))

    def test_a_mark_stays_the_same(self):
        self.assertEqual(
            'harness {"database": "shop", "lock": 42, "registry": "0123abcd"}', OWNER.mark()
        )

    def test_a_mark_of_what_is_kept_says_when_it_was_used_and_what_to_know_of_it(self):
        owner = Owner("0123abcd", 0, "shop", used=1700000000, facts={"deferred": '"a".b'})

        self.assertEqual(owner, Owner.read(owner.mark()))
        self.assertEqual(
            'harness {"database": "shop", "facts": {"deferred": "\\"a\\".b"}, "lock": 0, '
            '"registry": "0123abcd", "used": 1700000000}',
            owner.mark(),
        )

    def test_a_mark_of_a_later_version_is_left_to_it_and_one_of_an_earlier_is_read(self):
        early = OWNER.mark()
        with mock.patch.object(marks, "FORM", 2):
            late = OWNER.mark()
            self.assertEqual([OWNER, OWNER], [Owner.read(early), Owner.read(late)])

        self.assertEqual(
            'harness {"database": "shop", "form": 2, "lock": 42, "registry": "0123abcd"}', late
        )
        self.assertIsNone(Owner.read(late))

    def test_anybody_elses_comment_is_no_mark(self):
        for comment in (
            "",
            "the shop",
            "harness",
            "harness is a library",
            "harness {}",
            "harness []",
            "harness 7",
            'harness {"registry": "a", "lock": 1, "database": "b", "form": "2"}',
            'harness {"registry": "a"}',
            'harness {"registry": "a", "lock": 1, "database": "b", "more": 1}',
            'harness {"registry": "a", "lock": 1, "database": "b", "used": "1; drop"}',
            'harness {"registry": "a", "lock": 1, "database": "b", "facts": 1}',
            " " + OWNER.mark(),
        ):
            with self.subTest(comment):
                self.assertIsNone(Owner.read(comment))
