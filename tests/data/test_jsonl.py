"""JSON lines in runs of equal columns, and each kind of value as COPY reads it."""

import io
import unittest
from pathlib import Path

from harness.data.jsonl import Number, Rows, array_text, copy_text, encoders, json_text, plain_text
from harness.errors import MigrationError


def rows(*lines):
    return Rows(Path("a.jsonl"), io.BytesIO("".join(f"{line}\n" for line in lines).encode()))


class RunsTest(unittest.TestCase):
    def runs(self, *lines):
        return [
            (line, columns, [row["a"] for batch in batches for row in batch.rows])
            for line, columns, batches in rows(*lines).runs()
        ]

    def test_rows_of_the_same_keys_are_one_run_in_whatever_order_they_are(self):
        self.assertEqual(
            [(1, ["a", "b"], [1, 2])], self.runs('{"a": 1, "b": 0}', '{"b": 0, "a": 2}')
        )

    def test_other_keys_begin_another_run(self):
        self.assertEqual(
            [(1, ["a"], [1]), (2, ["a", "b"], [2, 3]), (4, ["a"], [4])],
            self.runs('{"a": 1}', '{"a": 2, "b": 0}', '{"a": 3, "b": 0}', '{"a": 4}'),
        )

    def test_an_empty_line_begins_another_run_so_that_lines_can_be_counted(self):
        self.assertEqual(
            [(2, ["a"], [1, 2]), (5, ["a"], [3])],
            self.runs("", '{"a": 1}', '{"a": 2}', " ", '{"a": 3}', ""),
        )

    def test_long_files_are_read_in_pieces_of_one_run(self):
        lines = [f'{{"a": {n}}}' for n in range(20_000)]

        self.assertEqual([(1, ["a"], list(range(20_000)))], self.runs(*lines))
        found = [len(list(batches)) for _, _, batches in rows(*lines).runs()]
        self.assertGreater(found[0], 2)

    def test_a_wrong_line_is_told_when_it_is_reached(self):
        with self.assertRaisesRegex(MigrationError, r"^a.jsonl, line 2: no JSON"):
            self.runs('{"a": 1}', "{")


class ValuesTest(unittest.TestCase):
    def test_values_of_ordinary_columns(self):
        for value, expected in (
            (None, "\\N"),
            ("", ""),
            ("a\tb", "a\tb"),
            (True, "t"),
            (False, "f"),
            (12345678901234567890123, "12345678901234567890123"),
            (Number("0.10"), "0.10"),
            (Number("1e400"), "1e400"),
            ([1, "é"], '[1, "é"]'),
            ({"a": None}, '{"a": null}'),
        ):
            with self.subTest(value):
                self.assertEqual(expected, plain_text(value))

    def test_values_of_json_columns_are_json(self):
        for value, expected in ((None, "\\N"), ("a", '"a"'), (True, "true"), ([], "[]"), (1, "1")):
            with self.subTest(value):
                self.assertEqual(expected, json_text(value))

    def test_values_of_array_columns(self):
        for value, expected in (
            (None, "\\N"),
            ("{1,2}", "{1,2}"),
            ([], "{}"),
            (["null", None], '{"null",NULL}'),
            ([[1], [Number("2.50")]], "{{1},{2.50}}"),
            ([{"a": 1}], '{"{\\"a\\": 1}"}'),
        ):
            with self.subTest(value):
                self.assertEqual(expected, array_text(value))

    def test_a_number_in_what_is_nested_is_a_number(self):
        self.assertEqual('[1.5, {"a": 2.0}]', json_text([Number("1.5"), {"a": Number("2.0")}]))

    def test_only_a_line_with_a_backslash_can_hold_a_sign_of_copys(self):
        encode = encoders(["a", "b"], {"a": "", "b": "array"})
        for line, expected in (
            (r'{"a": "x", "b": ["y"]}', 'x\t{"y"}\n'),
            (r'{"a": "\\N\t\n\r", "b": null}', "\\\\N\\t\\n\\r\t\\N\n"),
            (r'{"a": "\u0009", "b": ["\\"]}', '\\t\t{"\\\\\\\\"}\n'),
        ):
            with self.subTest(line):
                _, _, batches = next(rows(line).runs())
                self.assertEqual([expected], [copy_text(batch, encode) for batch in batches])

    def test_an_object_without_a_key_is_an_error(self):
        with self.assertRaisesRegex(MigrationError, "line 1: an object without a key"):
            list(rows("{}").runs())

    def test_a_second_value_in_a_line_is_an_error(self):
        for line in ('{"a": 1} {}', '{"a": 1}, {"a": 2}'):
            with self.assertRaisesRegex(MigrationError, "line 2: more than one JSON value: b'{"):
                list(rows("", line).runs())
