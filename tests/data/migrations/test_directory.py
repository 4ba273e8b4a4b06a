"""Which files a directory's migrations are, in which order, in which form."""

from pathlib import Path

from harness.data.migrations.directory import SqlDirectory, migration_files, migration_order
from harness.errors import ConfigurationError, MigrationError
from tests.support.unit import DirectoryTest


class FilesTest(DirectoryTest):
    def files(self, *names):
        for name in names:
            self.write(f"m/{name}", "select 1")
        return [path.name for path in migration_files(self.directory / "m")]

    def test_numbers_are_ordered_as_numbers(self):
        self.assertEqual(["2_b.sql", "10_a.sql"], self.files("10_a.sql", "2_b.sql"))

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
        self.assertEqual((False, (1,), "001_a.sql"), migration_order(Path("x/001_a.sql")))

    def test_dates_are_numbers_of_three_parts(self):
        self.assertEqual(
            ["2024-01-09_b.sql", "2024-01-31_a.sql"],
            self.files("2024-01-31_a.sql", "2024-01-09_b.sql"),
        )

    def test_two_of_the_same_number_are_both_named(self):
        for one, other in (("1_a.sql", "001_b.sql"), ("7_a.up.sql", "7_b.up.sql")):
            with self.subTest(one), self.assertRaises(ConfigurationError) as caught:
                self.files(one, other)
            for path in (self.directory / "m").iterdir():
                path.unlink()

            self.assertRegex(
                str(caught.exception),
                rf"^two migrations have the number 0*[17]: .* and .*, in {self.directory / 'm'}\n"
                "  likely cause: two branches took the same one\n"
                "  next: give .* the next free number$",
            )
            self.assertIn(one, str(caught.exception))
            self.assertIn(other, str(caught.exception))


class EmptyTest(DirectoryTest):
    def test_an_empty_file_is_an_error_and_a_comment_is_none(self):
        self.write("m/1_a.sql", "-- left out on purpose")
        path = self.write("m/2_b.sql", " \n")

        with self.assertRaises(ConfigurationError) as caught:
            migration_files(self.directory / "m")

        self.assertEqual(
            f"the migration {path} is empty\n"
            "  likely cause: it was not saved, or was lost in a merge\n"
            "  next: write its statements, or a comment that says why it has none",
            str(caught.exception),
        )


class FormsTest(DirectoryTest):
    def directory_of(self, **texts):
        for name, text in texts.items():
            self.write(f"m/{name.lstrip('_').replace('__', '.')}.sql", text)
        return SqlDirectory(self.directory / "m")

    def steps(self, **texts):
        return [
            (step.id, step.name, step.down is not None)
            for step in self.directory_of(**texts).steps()
        ]

    def error(self, **texts):
        with self.assertRaises(ConfigurationError) as caught:
            self.directory_of(**texts)
        return str(caught.exception)

    def test_plain_files_only_go_forward(self):
        self.assertEqual([("1", "1_a.sql", False)], self.steps(_1_a="select 1"))

    def test_a_plain_file_may_have_its_way_back_beside_it(self):
        self.assertEqual([("1", "1_a.sql", True)], self.steps(_1_a="-- x", _1_a__down="-- x"))

    def test_golang_migrates_files_go_both_ways(self):
        self.assertEqual(
            [("001", "001_a.up.sql", True), ("002", "002_b.up.sql", False)],
            self.steps(_001_a__up="-- x", _001_a__down="-- x", _002_b__up="-- x"),
        )

    def test_gooses_files_go_both_ways(self):
        self.assertEqual(
            [("1", "1_a.sql", True), ("2", "2_b.sql", False)],
            self.steps(
                _1_a="-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;",
                _2_b="-- +goose Up\nselect 1;",
            ),
        )

    def test_files_without_a_number_are_no_migrations_of_a_tool(self):
        self.assertEqual([("1", "1_a.sql", False)], self.steps(_1_a="-- +goose Up", readme="x"))
        self.assertEqual(["1_a.sql"], [p.name for p in self.directory_of().files()])

    def test_plain_files_beside_golang_migrates_are_an_error(self):
        place = self.directory / "m"

        self.assertEqual(
            f"{place} mixes forms of migrations: 1_a.up.sql has .up.sql, "
            "2_b.sql is in another form\n"
            "  likely cause: files of two tools, or one that was forgotten when the form was "
            "changed\n"
            "  next: write all in one form, or move 2_b.sql elsewhere",
            self.error(_1_a__up="-- x", _2_b="-- x"),
        )

    def test_plain_files_beside_gooses_are_an_error(self):
        self.assertIn(
            "1_a.sql has -- +goose Up, 2_b.sql is in another form",
            self.error(_1_a="-- +goose Up", _2_b="select 1"),
        )

    def test_gooses_annotations_in_golang_migrates_files_are_an_error(self):
        self.assertIn("1_a.up.sql is in another form", self.error(_1_a__up="-- +goose Up"))

    def test_a_wrong_annotation_is_found_before_anything_runs(self):
        with self.assertRaisesRegex(MigrationError, "unknown annotation 'Upp'"):
            self.steps(_1_a="-- +goose Up", _2_b="-- +goose Upp")
