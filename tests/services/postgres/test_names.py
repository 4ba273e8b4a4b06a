"""Writing names and values into SQL."""

import unittest

from harness.services.postgres.names import identifier, literal, table_name


class NamesTest(unittest.TestCase):
    def test_a_literal_doubles_its_quotes(self):
        self.assertEqual("'it''s'", literal("it's"))
        self.assertEqual("''", literal(""))

    def test_an_identifier_is_exactly_as_it_is(self):
        self.assertEqual('"Order"', identifier("Order"))
        self.assertEqual('"a""b"', identifier('a"b'))

    def test_a_table_is_read_as_sql_would(self):
        for name, quoted in {
            "users": '"users"',
            "Users": '"users"',
            '"Users"': '"Users"',
            "shop.users": '"shop"."users"',
            'Shop."Order"': '"shop"."Order"',
            '"a.b".c': '"a.b"."c"',
            '"a""b"': '"a""b"',
            "order": '"order"',
            "a b": '"a b"',
            "été_ÉTÉ": '"été_ÉtÉ"',
            "users; drop table users": '"users; drop table users"',
        }.items():
            with self.subTest(name):
                self.assertEqual(quoted, table_name(name))
