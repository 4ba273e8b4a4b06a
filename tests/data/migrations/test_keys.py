"""What makes the key of a template: files, callables, what is watched."""

import functools
import unittest

from harness.data.migrations.keys import content_key, source_of, watched
from harness.errors import ConfigurationError
from tests.support.unit import DirectoryTest


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


class WatchedTest(DirectoryTest):
    def test_a_directory_stands_for_all_below_it_but_by_products(self):
        for name in ("m/b.py", "m/a/c.sql", "m/__pycache__/b.pyc", "m/.git/x", "m/.hidden"):
            self.write(name)
        single = self.write("one.csv")

        found = watched([self.directory / "m", single])

        self.assertEqual(
            ["m/b.py", "m/a/c.sql", "one.csv"],
            [path.relative_to(self.directory).as_posix() for path in found],
        )

    def test_a_place_that_is_not_there_is_an_error(self):
        with self.assertRaises(ConfigurationError) as caught:
            watched([self.directory / "gone"])

        self.assertEqual(
            f"there is nothing at {self.directory / 'gone'}, which is to be watched\n"
            "  likely cause: paths are relative to the directory of the settings file, "
            "else to the working directory\n"
            "  next: correct `watch=`",
            str(caught.exception),
        )
