"""Goose's files: sections, blocks, transactions, and wrong annotations."""

import textwrap
import unittest
from pathlib import Path

from harness.data.migrations.goose import GooseFile, read_goose
from harness.errors import MigrationError
from tests.support.unit import DirectoryTest

WHOLE = """
-- a comment before
-- +goose Up
create table a (id int); create table b (
    id int
);
-- +goose StatementBegin
create function f() returns void as 'begin; end;' language plpgsql;
select 1;
-- +goose StatementEnd
select 2;

-- +goose Down
drop table a;
"""


def read(text):
    return GooseFile(Path("1.sql"), textwrap.dedent(text))


class SectionsTest(unittest.TestCase):
    def test_each_section_has_its_statements_with_their_lines(self):
        file = read(WHOLE)

        self.assertEqual(
            [
                ("create table a (id int)", 4),
                ("create table b (\n    id int\n)", 4),
                (
                    "create function f() returns void as 'begin; end;' language plpgsql;\n"
                    "select 1;",
                    8,
                ),
                ("select 2", 11),
            ],
            [(statement.text, statement.line) for statement in file.statements["Up"]],
        )
        self.assertEqual(
            [("drop table a", 14)], [(s.text, s.line) for s in file.statements["Down"]]
        )

    def test_a_file_runs_in_a_transaction_unless_it_says_otherwise(self):
        self.assertTrue(read("-- +goose Up\n").script("Up").transaction)
        self.assertFalse(read("-- +goose NO TRANSACTION\n-- +goose Up\n").script("Up").transaction)

    def test_letters_may_be_small_and_blanks_many(self):
        file = read("--  +goose  up\nselect 1;\n-- +goose no transaction\n")

        self.assertEqual("select 1", file.statements["Up"][0].text)
        self.assertFalse(file.transaction)

    def test_without_a_down_there_is_no_script_for_it(self):
        self.assertIsNone(read("-- +goose Up\n").script("Down"))


class WrongTest(DirectoryTest):
    def wrong(self, text):
        with self.assertRaises(MigrationError) as caught:
            read(text)
        return str(caught.exception)

    def test_an_unknown_annotation_names_the_nearest(self):
        self.assertEqual(
            "1.sql, line 2: unknown annotation 'StatmentBegin'\n"
            "  next: did you mean -- +goose StatementBegin?",
            self.wrong("-- +goose Up\n-- +goose StatmentBegin\n"),
        )

    def test_an_annotation_like_no_other_lists_them(self):
        self.assertIn(
            "next: goose's annotations are `-- +goose Up`, `-- +goose Down`",
            self.wrong("-- +goose xyzzy\n"),
        )

    def test_a_body_with_semicolons_needs_a_block_as_it_does_with_goose(self):
        self.assertEqual(
            "1.sql, line 4: goose ends the statement here, in the middle of it\n"
            "  next: put it between `-- +goose StatementBegin` and `-- +goose StatementEnd`",
            self.wrong(
                "-- +goose Up\nselect 1;\ncreate function f() returns int as $$ begin\n"
                "return 1; -- one\nend $$ language plpgsql;\n"
            ),
        )
        read("-- +goose Up\ncreate table t ( -- a; comment;\n  a int -- first;\n);\n")

    def test_variables_are_not_filled_in(self):
        self.assertIn("'ENVSUB ON' is not supported", self.wrong("-- +goose ENVSUB ON\n"))

    def test_annotations_in_the_wrong_place(self):
        for text, expected in (
            ("-- +goose Down\n", "line 1: Down stands before Up"),
            ("-- +goose Up\n-- +goose Up\n", "line 2: a second `-- +goose Up`"),
            ("-- +goose StatementBegin\n", "line 1: StatementBegin stands before Up"),
            ("-- +goose Up\n-- +goose StatementEnd\n", "StatementEnd has no StatementBegin"),
            ("-- +goose Up\n-- +goose StatementBegin\nx", "2: StatementBegin has no StatementEnd"),
            (
                "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n",
                "line 3: Down inside of StatementBegin of line 2",
            ),
            ("\nselect 1;\n-- +goose Up\n", "line 2: a statement stands before `-- +goose Up`"),
            ("-- +goose NO TRANSACTION\n", "there is no `-- +goose Up` in it"),
        ):
            with self.subTest(text):
                self.assertIn(expected, self.wrong(text))

    def test_a_file_in_another_encoding(self):
        path = self.write("1.sql")
        path.write_bytes(b"-- +goose Up\nselect '\xff';")

        with self.assertRaisesRegex(MigrationError, "1.sql cannot be read: 'utf-8' codec"):
            read_goose(path)
