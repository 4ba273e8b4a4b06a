"""Values of seed files, by the type of their column."""

import unittest

from harness.data.affinity import UnfitError, converter
from harness.data.jsonl import Number


class ConverterTest(unittest.TestCase):
    def test_what_is_stored(self):
        for declared, value, expected in (
            ("integer", "7", "7"),
            ("bigint", 7, 7),
            ("numeric(9, 2)", "1.10", "1.10"),
            ("decimal", Number("0.1"), "0.1"),
            ("double precision", "1e3", "1e3"),
            ("boolean", "T", 1),
            ("bool", False, 0),
            ("text", True, 1),
            ("varchar(9)", [1, "é"], '[1, "é"]'),
            ("date", "2024-01-31", "2024-01-31"),
            ("mood", "good", "good"),  # a type that nobody knows
            ("blob", "\\x6869", b"hi"),
            ("blob", "hi", "hi"),
            ("json", '{"a": 1}', '{"a": 1}'),
            ("", Number("1.5"), 1.5),
            ("integer", None, None),
        ):
            with self.subTest(declared, value=value):
                self.assertEqual(expected, converter(declared)(value))

    def test_a_text_of_json_lines_is_a_text_of_json(self):
        self.assertEqual('"a"', converter("jsonb", in_json=True)("a"))
        self.assertEqual('{"a": 1.5}', converter("json", in_json=True)({"a": Number("1.5")}))

    def test_what_postgres_refuses_is_refused_in_its_words(self):
        for declared, value in (
            ("INTEGER", "x"),
            ("integer", Number("1.5")),
            ("integer", [1]),
            ("numeric(9, 2)", "1,5"),
            ("boolean", "maybe"),
            ("boolean", 2),
            ("real", ""),
            ("blob", "\\xzz"),
        ):
            with self.subTest(declared, value=value):
                type_ = declared.partition("(")[0].lower()
                with self.assertRaises(UnfitError) as raised:
                    converter(declared)(value)
                self.assertEqual(
                    f'invalid input syntax for type {type_}: "{value}"', str(raised.exception)
                )
