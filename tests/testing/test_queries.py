"""Counting statements: what counts, and what a failure says."""

import contextlib
import types
import unittest

from harness.errors import ConfigurationError
from harness.services.statements import Statements
from harness.testing.queries import ExpectedQueries, is_transaction, without_constants

TRANSACTIONS = (
    "begin",
    "BEGIN ISOLATION LEVEL SERIALIZABLE;",
    "start transaction read only",
    "commit",
    "END;",
    "rollback to savepoint a",
    "abort",
    "savepoint a",
    "release savepoint a",
    "prepare transaction 'a'",
    "commit prepared 'a'",
    "set transaction read only",
    "set session characteristics as transaction read only",
    "-- the end\ncommit",
    "/* the end */ commit",
)
OTHERS = (
    "select 1",
    "select 1; commit",
    "begin; select 1",
    "endless",
    "beginning()",
    "set search_path to a",
    "prepare a as select 1",
    "-- commit\nselect 1",
    "/* commit */ select 1",
    "",
)


class TransactionTest(unittest.TestCase):
    def test_what_only_begins_or_ends_a_transaction(self):
        for sql in TRANSACTIONS:
            with self.subTest(sql):
                self.assertTrue(is_transaction(sql))

    def test_all_the_rest_counts(self):
        for sql in OTHERS:
            with self.subTest(sql):
                self.assertFalse(is_transaction(sql))


class ConstantsTest(unittest.TestCase):
    def test_constants_are_left_out_and_names_are_not(self):
        for sql, text in {
            "select * from t1 where a = 17 and b = 'it''s' limit 1.5": (
                "select * from t1 where a = ? and b = ? limit ?"
            ),
            "select $1, %s": "select $1, %s",
            'select "7", a.b_2': 'select "7", a.b_2',
            "a\n\t b": "a b",
        }.items():
            with self.subTest(sql):
                self.assertEqual(text, without_constants(sql))


class ExpectedQueriesTest(unittest.TestCase):
    def setUp(self):
        self.statements = Statements()
        self.db = types.SimpleNamespace(recording=self.statements.recording)

    def failure(self, *statements, expected=-1):
        with self.assertRaises(AssertionError) as raised, ExpectedQueries(self.db, expected):
            for sql in statements:
                self.statements.note(sql)
        return str(raised.exception)

    def test_the_right_number(self):
        with ExpectedQueries(self.db, 4) as expected:
            self.statements.note("select 1")
            self.statements.note("insert", 3)
            self.statements.note("commit")

        self.statements.note("afterwards")
        self.assertEqual(["select 1", "insert", "insert", "insert"], expected.statements)

    def test_a_list_of_what_was_sent_once_has_no_likely_cause(self):
        self.assertEqual(
            "2 statements sent, expected 1\n    once: select a\n    once: select b",
            self.failure("select a", "select b", expected=1),
        )

    def test_nothing_sent(self):
        self.assertEqual("0 statements sent, expected 1", self.failure(expected=1))

    def test_long_statements_and_long_lists_are_shortened(self):
        text = self.failure(*(f"select {chr(97 + n)} {'x' * 500}" for n in range(25)))

        self.assertIn("    ... and 5 other statements", text)
        self.assertLess(max(map(len, text.splitlines())), 320)

    def test_the_url_was_read_before_or_during_the_block(self):
        self.statements.url_given = True

        self.assertIn("the lease's URL was read", self.failure("select 1"))

    def test_what_goes_wrong_in_the_block_ends_the_recording(self):
        with contextlib.suppress(KeyError), ExpectedQueries(self.db, 5):
            raise KeyError

        self.assertEqual([], self.statements._recordings)

    def test_arguments_that_cannot_be_used(self):
        for arguments, options, message in (
            ((7, 1), {}, "the statements of 7 cannot be counted"),
            ((self.db,), {}, "got None and None"),
            ((self.db, 1), {"at_most": 2}, "got 1 and 2"),
        ):
            with self.subTest(message), self.assertRaisesRegex(ConfigurationError, message):
                ExpectedQueries(*arguments, **options)
