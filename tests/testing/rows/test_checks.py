"""The matchers without a test framework, and without a server."""

import unittest
from datetime import date
from unittest import mock

from harness.errors import ConfigurationError
from harness.testing.rows import check_count, check_no_row, check_rows, find_row
from tests.support.tables import Database


class Broken:
    """A matcher that cannot be compared, or shown."""

    def __eq__(self, other):
        raise ZeroDivisionError("no comparison")

    def __repr__(self):
        raise ZeroDivisionError("no repr")


class RowsTest(unittest.TestCase):
    def setUp(self):
        self.db = Database(
            "create table users (id integer, name text, born date)",
            "insert into users values (1, 'Ada', null), (2, 'Bob', '1990-01-01')",
        )
        self.addCleanup(self.db.close)

    def failure(self, check, *arguments, **options):
        with self.assertRaises(AssertionError) as raised:
            check(self.db, *arguments, **options)
        return str(raised.exception)


class FindRowTest(RowsTest):
    def test_it_returns_the_row(self):
        row = find_row(self.db, "users", {"id": 1}, {"name": "Ada"})

        self.assertEqual("Ada", row.name)
        self.assertEqual(1, len(self.db.sent))

    def test_the_kind_of_failure_can_be_chosen(self):
        with self.assertRaisesRegex(KeyError, "no row of users"):
            find_row(self.db, "users", {"id": 3}, failure=KeyError)

    def test_an_unknown_column_is_no_text_to_compare(self):
        self.assertEqual(
            "users has no column nam\n  next: did you mean name?",
            self.failure(find_row, "users", {"nam": "nam"}),
        )

    def test_several_unknown_columns_are_all_named(self):
        self.assertEqual(
            "users has no column nam, zip\n  next: did you mean name?; known are: born, id, name",
            self.failure(find_row, "users", {"id": 1}, {"nam": 1, "zip": 2}),
        )

    def test_an_unknown_table_of_an_empty_database(self):
        self.db = Database()
        self.addCleanup(self.db.close)

        self.assertEqual(
            "there is no table users; the database has none",
            self.failure(find_row, "users", {"id": 1}),
        )

    def test_a_matcher_that_fails_says_where(self):
        with self.assertRaises(ZeroDivisionError) as raised:
            find_row(self.db, "users", {"id": 1}, {"name": Broken()})

        note = "while column name was compared with what a test expects"
        self.assertEqual([note], raised.exception.__notes__)

    def test_a_value_without_a_repr_is_shown_all_the_same(self):
        class Silent(Broken):
            def __eq__(self, other):
                return False

        text = self.failure(find_row, "users", {"id": 1}, {"name": Silent()})

        self.assertIn("name: 'Ada', expected <Silent whose repr raises ZeroDivisionError>", text)

    def test_a_long_value_is_shortened_around_its_first_difference(self):
        letters = "x" * 500
        self.db.rows("update users set name = %s where id = 1", [f"{letters}a{letters}"])

        text = self.failure(find_row, "users", {"id": 1}, {"name": f"{letters}b{letters}"})

        self.assertRegex(
            text, r"\n        is       \.\.\.x+ax+\.\.\.\n        expected \.\.\.x+bx+"
        )
        self.assertLessEqual(max(map(len, text.splitlines())), 76)

    def test_a_line_break_in_a_value_breaks_no_line(self):
        class Folded(str):
            def __repr__(self):
                return "one\ntwo"

        text = self.failure(find_row, "users", {"id": 1}, {"name": Folded()})

        self.assertIn("name: 'Ada', expected one two", text)

    def test_a_long_condition_is_broken_into_lines(self):
        where = ("id = ?\n  and " + " and ".join(["id is not null"] * 20), [3])

        text = self.failure(find_row, "users", where, {"name": "x" * 500, "born": "y" * 500})

        lines = text.splitlines()
        self.assertTrue(lines[0].startswith("no row of users where id = ? and id is not null"))
        self.assertTrue(lines[1].startswith("    "))
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_what_cannot_be_a_condition(self):
        for where in (7, ["id = 1"], ("id = ?",), ("id = ?", 7), ("id = ?", "7"), {7: 8}):
            with self.subTest(where), self.assertRaisesRegex(ConfigurationError, "is no condition"):
                find_row(self.db, "users", where)

    def test_what_is_no_lease(self):
        with self.assertRaisesRegex(ConfigurationError, "7 has no rows\n(.*\n)*.*pass a lease"):
            find_row(7, "users", {"id": 1})

    def test_an_error_of_the_query_that_names_explain_not_stays_as_it_is(self):
        with self.assertRaisesRegex(Exception, "syntax error"):
            find_row(self.db, "users", "id = = 1")

    def test_a_name_that_cannot_be_looked_up_any_more_is_said_in_a_note(self):
        error = RuntimeError("the transaction has failed")
        with (
            mock.patch.object(self.db, "exists", side_effect=error),
            self.assertRaisesRegex(Exception, "no such column") as raised,
        ):
            find_row(self.db, "users", {"nam": "Ada"})

        note = "harness: the names were not looked up: RuntimeError"
        self.assertEqual([note], raised.exception.__notes__)


class OthersTest(RowsTest):
    def test_no_row(self):
        check_no_row(self.db, "users", {"id": 3})

        self.assertEqual(
            "1 row of users where id=1, where none was expected\n  - id=1, name='Ada', born=None",
            self.failure(check_no_row, "users", {"id": 1}),
        )

    def test_a_count(self):
        check_count(self.db, "users", 2)

        self.assertIn("2 rows of users, expected 3\n", self.failure(check_count, "users", 3))

    def test_a_count_of_an_empty_table_shows_no_rows(self):
        self.db.rows("delete from users")

        self.assertEqual("0 rows of users, expected 3", self.failure(check_count, "users", 3))

    def test_rows(self):
        check_rows(self.db, "users", [{"id": 2}, {"id": 1, "born": None}])

        self.assertIn(
            "  1 different:\n  - id=1, born=None, name='Ada'\n"
            "      born: None, expected 2000-01-01",
            self.failure(check_rows, "users", [{"id": 2}, {"id": 1, "born": date(2000, 1, 1)}]),
        )

    def test_only_some_of_many_rows_are_shown(self):
        text = self.failure(check_rows, "users", [{"id": n} for n in range(3, 23)], key="id")

        self.assertIn("  20 missing:\n  - id=3\n", text)
        self.assertIn("  - id=12\n  - ... and 10 more\n  2 unexpected:\n", text)
