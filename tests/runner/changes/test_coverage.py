"""Which tests have run a changed file, as coverage.py has recorded it."""

import contextlib
import sys
from unittest import mock

import coverage

from harness.runner.changes.coverage import tests_of
from tests.support.told import told
from tests.support.unit import DirectoryTest


class CoverageTest(DirectoryTest):
    def record(self, file=".coverage"):
        """Record that two tests have run one of two files."""
        data = coverage.CoverageData(basename=str(self.directory / file))
        names = [str(self.write(name, "x = 1\n")) for name in ("a.py", "b.py")]
        for context in "", "test_a.ATest.test_one", "static|test_a.ATest.test_two":
            data.set_context(context)
            data.add_lines({name: [1] for name in names[: 1 if context else 2]})
        data.write()

    def told(self, *changed):
        """Return the tests, and keep what is printed."""
        with told() as self.printed, contextlib.chdir(self.directory):
            return tests_of(self.directory, self.directory, changed)

    def test_the_tests_that_have_run_a_changed_file_are_told(self):
        self.record()
        one, two = "test_a.ATest.test_one", "test_a.ATest.test_two"
        self.assertEqual({one: "a.py", two: "a.py"}, self.told("a.py", "b.py", "c.py", "d.txt"))
        self.assertEqual({}, self.told("b.py"))

    def test_the_file_may_be_where_the_project_says(self):
        self.record("kept.db")
        self.write("setup.cfg", "[coverage:run]\ndata_file = kept.db\n")
        self.assertEqual(2, len(self.told("a.py")))
        (self.directory / "kept.db").unlink()
        self.assertEqual({}, self.told("a.py"))

    def test_nothing_is_told_where_nothing_is_recorded(self):
        with mock.patch.dict(sys.modules, {"coverage": None}):
            self.assertEqual({}, self.told("a.py"))
        self.assertEqual("", self.printed.getvalue())

    def test_what_cannot_be_read_is_said(self):
        self.write(".coverage", "garbage")
        self.assertEqual({}, self.told("a.py"))
        self.assertIn("coverage is not used, for it cannot be read: ", self.printed.getvalue())

    def test_a_missing_library_is_said_with_what_to_install(self):
        self.record()
        with mock.patch.dict(sys.modules, {"coverage": None}):
            self.assertEqual({}, self.told("a.py"))
        self.assertEqual(
            "harness: recorded coverage is not used, for coverage.py is not installed: "
            'pip install "unittest-harness[coverage]"\n',
            self.printed.getvalue(),
        )
