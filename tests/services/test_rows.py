"""Rows are tuples whose values also go by name."""

import copy
import pickle
import unittest

from harness.services.rows import Row, rows_of

ROW = Row(["id", "email"], [7, "a@example.com"])


class RowTest(unittest.TestCase):
    def test_it_is_a_tuple(self):
        self.assertEqual((7, "a@example.com"), ROW)
        self.assertEqual(hash((7, "a@example.com")), hash(ROW))
        number, email = ROW
        self.assertEqual((7, "a@example.com"), (number, email))
        self.assertEqual((7,), ROW[:1])
        self.assertEqual("a@example.com", ROW[-1])

    def test_a_value_goes_by_its_columns_name(self):
        self.assertEqual("a@example.com", ROW.email)
        self.assertEqual(7, ROW["id"])

    def test_a_column_that_a_tuple_has_a_method_for_goes_by_its_name_in_brackets(self):
        row = Row(["count", "index", "columns"], [1, 2, 3])

        self.assertEqual((1, 2, 3), (row["count"], row["index"], row["columns"]))

    def test_a_column_that_is_not_there_names_those_that_are(self):
        with self.assertRaisesRegex(
            AttributeError, "the row has no column 'name'; it has id, email"
        ):
            ROW.name  # noqa: B018
        with self.assertRaisesRegex(KeyError, "the row has no column 'name'; it has id, email"):
            ROW["name"]

    def test_its_repr_shows_names_and_values(self):
        self.assertEqual("Row(id=7, email='a@example.com')", repr(ROW))

    def test_copies_are_rows(self):
        for twin in (copy.copy(ROW), copy.deepcopy(ROW), pickle.loads(pickle.dumps(ROW))):
            self.assertEqual(ROW, twin)
            self.assertEqual("a@example.com", twin.email)

    def test_of_two_columns_of_one_name_the_first_counts(self):
        self.assertEqual(1, Row(["a", "a"], [1, 2]).a)


class Cursor:
    def __init__(self, description, rows=()):
        self.description = description
        self.rows = rows

    def fetchall(self):
        return self.rows


class RowsOfTest(unittest.TestCase):
    def test_every_row_has_the_columns(self):
        first, second = rows_of(Cursor([("a", 23), ("b", 25)], [[1, 2], (3, 4)]))

        self.assertEqual((1, 4), (first.a, second.b))

    def test_a_statement_without_rows_has_none(self):
        self.assertEqual([], rows_of(Cursor(None)))
        self.assertEqual([], rows_of(Cursor([("a", 23)])))
