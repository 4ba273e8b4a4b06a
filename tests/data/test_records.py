"""Rows of CSV as PostgreSQL reads them."""

import unittest
from pathlib import Path

from harness.data.records import fields, records
from harness.errors import MigrationError

PATH = Path("users.csv")


def read(text, line=2):
    return list(records(PATH, text.encode().splitlines(keepends=True), line))


class FieldsTest(unittest.TestCase):
    def test_every_way_to_write_a_value(self):
        for record, values in (
            ("a,b", ["a", "b"]),
            ("", [None]),
            (",", [None, None]),
            ('"",', ["", None]),
            (',""', [None, ""]),
            ('"a,b","c"', ["a,b", "c"]),
            ('"a ""b"" c"', ['a "b" c']),
            ('a"b,c"d', ["ab,cd"]),
            (' a , "b" ', [" a ", " b "]),
            ("ü,☃", ["ü", "☃"]),
        ):
            with self.subTest(record):
                self.assertEqual(values, fields(record))


class RecordsTest(unittest.TestCase):
    def test_each_row_has_the_line_that_it_begins_in(self):
        self.assertEqual(
            [(2, ["a", "b\nc\n"]), (5, ["d", None]), (6, [None]), (7, ["e"])],
            read('a,"b\nc\n"\nd,\n\ne'),
        )

    def test_lines_may_end_as_on_windows(self):
        self.assertEqual([(1, ["a", "b"]), (2, ["c", "d"])], read('a,b\r\n"c",d\r\n', 1))

    def test_a_quote_that_is_not_closed_has_its_line(self):
        with self.assertRaisesRegex(MigrationError, r"users.csv, line 3: unterminated CSV quoted"):
            read('a\n"b\nc\n')

    def test_what_is_not_in_utf_8_has_its_line(self):
        with self.assertRaisesRegex(MigrationError, 'line 2: .* encoding "UTF8": 0xe9'):
            list(records(PATH, [b"a\n", b"caf\xe9\n"], 1))
