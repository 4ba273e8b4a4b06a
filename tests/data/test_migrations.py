"""Which files a schema comes from, in which order, and what a failure of one says."""

import functools
import unittest
from pathlib import Path

from harness.data.migrations import (
    content_key,
    migration_files,
    migration_order,
    run_file,
    shortened,
    source_of,
)
from harness.errors import ConfigurationError, MigrationError
from tests.support.unit import DirectoryTest


class FilesTest(DirectoryTest):
    def files(self, *names):
        for name in names:
            self.write(f"m/{name}")
        return [path.name for path in migration_files(self.directory / "m")]

    def test_numbers_are_ordered_as_numbers(self):
        self.assertEqual(["2_b.sql", "10_a.sql"], self.files("10_a.sql", "2_b.sql"))

    def test_equal_numbers_are_ordered_by_name(self):
        self.assertEqual(["1_a.sql", "1_b.sql"], self.files("1_b.sql", "1_a.sql"))

    def test_files_without_a_number_come_last(self):
        self.assertEqual(["9_z.sql", "a.sql"], self.files("a.sql", "9_z.sql"))

    def test_time_stamps_are_numbers(self):
        self.assertEqual(
            ["20240101_b.sql", "20240102_a.sql"], self.files("20240102_a.sql", "20240101_b.sql")
        )

    def test_where_there_are_up_files_only_these_are_taken(self):
        self.assertEqual(
            ["1_a.up.sql", "2_b.up.sql"],
            self.files("2_b.up.sql", "1_a.up.sql", "1_a.down.sql", "2_b.down.sql", "schema.sql"),
        )

    def test_down_files_are_never_taken(self):
        self.assertEqual(["1_a.sql"], self.files("1_a.sql", "1_a.down.sql"))

    def test_other_files_and_other_directories_are_left_alone(self):
        self.assertEqual(
            ["1_a.sql"], self.files("1_a.sql", "README.md", "2_b.sql.bak", "old/3_c.sql")
        )

    def test_a_missing_directory_is_an_error_with_its_whole_path(self):
        place = self.directory / "m"

        with self.assertRaises(ConfigurationError) as caught:
            migration_files(place)

        self.assertEqual(
            f"there is no migrations directory {place}\n"
            "  likely cause: paths are relative to the directory of the settings file, "
            "else to the working directory\n"
            "  next: correct `migrations=`, or run from the project's directory",
            str(caught.exception),
        )

    def test_an_empty_directory_is_an_error(self):
        self.write("m/1_a.down.sql")

        with self.assertRaises(ConfigurationError) as caught:
            migration_files(self.directory / "m")

        self.assertEqual(
            f"there is no .sql file in {self.directory / 'm'}\n"
            "  next: put migrations there as 001_name.sql or 001_name.up.sql",
            str(caught.exception),
        )

    def test_a_file_in_place_of_a_directory_is_an_error(self):
        with self.assertRaisesRegex(ConfigurationError, "there is no migrations directory"):
            migration_files(self.write("m"))

    def test_the_order_is_a_number_and_a_name(self):
        self.assertEqual((1, "001_a.sql"), migration_order(Path("x/001_a.sql")))


class KeyTest(DirectoryTest):
    def test_the_same_content_has_the_same_key(self):
        one, other = self.write("a/1.sql", "select 1"), self.write("b/1.sql", "select 1")

        self.assertRegex(content_key([one]), r"\A[0-9a-f]{16}\Z")
        self.assertEqual(content_key([one], "x"), content_key([other], "x"))

    def test_names_contents_order_and_parts_count(self):
        a, b = self.write("a.sql", "1"), self.write("b.sql", "2")
        renamed, changed = self.write("c.sql", "1"), self.write("x/a.sql", "3")

        keys = {
            content_key(files, *parts)
            for files, parts in (
                ([], ()),
                ([a], ()),
                ([renamed], ()),
                ([changed], ()),
                ([a, b], ()),
                ([b, a], ()),
                ([a], ("x",)),
                ([a], ("x", "")),
                ([a], ("x", "y")),
                ([a], ("y", "x")),
                ([a], ("xy",)),
            )
        }

        self.assertEqual(11, len(keys))


def schema(db):
    db.execute("create table a (id int)")


def other_schema(db):
    db.execute("create table b (id int)")


def schema_of(name):
    def build(db):
        db.execute(f"create table {name} (id int)")

    return build


def schema_with_default(db, name="a"):
    db.execute(f"create table {name} (id int)")


class Builder:
    def __init__(self, name):
        self.name = name

    def __call__(self, db):
        self.build(db)

    def build(self, db):
        db.execute(f"create table {self.name} (id int)")


class SourceTest(unittest.TestCase):
    def test_a_function_is_its_name_and_its_source(self):
        source = source_of(schema)

        self.assertTrue(source.startswith(f"{__name__}.schema\n"))
        self.assertIn("create table a", source)
        self.assertNotEqual(source, source_of(other_schema))
        self.assertEqual(source, source_of(schema))

    def test_a_function_without_a_source_is_its_name(self):
        self.assertEqual(
            f"{__name__}.made",
            source_of(eval("lambda db: None", {"__name__": __name__})).replace("<lambda>", "made"),
        )

    def test_what_carries_values_is_equal_to_itself_alone(self):
        a, b = Builder("a"), Builder("b")
        for one, other in (
            (schema_of("a"), schema_of("b")),
            (functools.partial(schema_of, "a"), functools.partial(schema_of, "b")),
            (a, b),
            (a.build, b.build),
        ):
            with self.subTest(one):
                self.assertNotEqual(source_of(one), source_of(other))
                self.assertEqual(source_of(one), source_of(one))

    def test_a_default_is_a_value(self):
        self.assertNotIn("create table", source_of(schema_with_default))


class RunTest(DirectoryTest):
    def run_script(self, script, failing_at=None):
        path = self.write("1_a.sql", script)
        done = []

        def execute(sql):
            done.append(sql)
            if failing_at is not None and failing_at in sql:
                raise ValueError("no such thing")

        run_file(path, execute, lambda error: f"the server said: {error}")
        return done

    def failure(self, script, failing_at):
        with self.assertRaises(MigrationError) as caught:
            self.run_script(script, failing_at)
        return caught.exception

    def test_each_statement_runs_on_its_own(self):
        self.assertEqual(
            ["create table a ()", "select 1"], self.run_script("create table a (); select 1")
        )

    def test_a_byte_order_mark_is_none_of_a_statement(self):
        self.assertEqual(["select 1"], self.run_script("\ufeffselect 1;"))

    def test_a_failure_says_file_line_statement_and_message(self):
        error = self.failure("select 1;\n\nselect\n  bad;\nselect 3", "bad")

        self.assertEqual(
            f"{self.directory / '1_a.sql'}, line 3: the server said: no such thing\n"
            "    select\n"
            "      bad\n"
            "  next: mend the statement and run the tests again; "
            "the unfinished database was removed",
            str(error),
        )
        self.assertIsInstance(error.__cause__, ValueError)

    def test_nothing_runs_after_a_failure(self):
        done = []

        def execute(sql):
            done.append(sql)
            raise ValueError

        with self.assertRaises(MigrationError):
            run_file(self.write("a.sql", "select 1; select 2"), execute, str)

        self.assertEqual(["select 1"], done)

    def test_what_only_psql_can_do_says_so(self):
        for statement in ("\\connect shop", "COPY a (b)\nFROM stdin", "copy a from STDIN with csv"):
            with self.subTest(statement):
                self.assertIn("write INSERT statements", self.failure(statement, statement).hint)

    def test_a_file_in_another_encoding_is_an_error(self):
        path = self.write("a.sql")
        path.write_bytes(b"select 'caf\xe9'")

        with self.assertRaisesRegex(MigrationError, "cannot be read: 'utf-8' codec"):
            run_file(path, print, str)

    def test_a_missing_file_is_an_error(self):
        with self.assertRaisesRegex(MigrationError, "cannot be read: .*No such file"):
            run_file(self.directory / "a.sql", print, str)

    def test_a_long_statement_is_cut(self):
        lines = [str(n) for n in range(20)]

        self.assertEqual([*lines[:12], "..."], shortened("\n".join(lines)).splitlines())
        self.assertEqual("\n".join(lines[:12]), shortened("\n".join(lines[:12])))
