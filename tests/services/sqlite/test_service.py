"""SQLite as a test declares it."""

import copy
import pickle
import unittest
from pathlib import Path

from harness import SQLite
from harness.core.choice import choose
from harness.core.recipe import InProcessRecipe
from harness.core.settings import Settings
from harness.errors import NotALeaseError, ServiceDefinitionError
from tests.support.unit import run_python


class DefinitionTest(unittest.TestCase):
    def refused(self, **options):
        with self.assertRaises(ServiceDefinitionError) as caught:
            SQLite(**options)
        return str(caught.exception)

    def test_a_wrong_option_says_what_to_write_instead(self):
        for options, words in (
            (
                {"isolation": "comit"},
                "SQLite(isolation='comit'): unknown isolation\n  next: did you",
            ),
            (
                {"migrations": 7},
                "SQLite(migrations=7): neither a directory nor a tool nor a callable\n  next: ",
            ),
            (
                {"seeds": "a.sql"},
                "SQLite(seeds='a.sql'): the option is one str, not a tuple of them",
            ),
            ({"seeds": Path("a.sql")}, "not a tuple of them\n  next: write seeds=("),
            ({"seeds": ["a.sql"]}, "write seeds=('a.sql',)"),
        ):
            with self.subTest(options):
                self.assertIn(words, self.refused(**options))

    def test_equal_ones_are_equal_and_a_name_keeps_them_apart(self):
        self.assertEqual(SQLite(migrations="m"), SQLite(migrations="m"))
        self.assertNotEqual(SQLite(name="a"), SQLite(name="b"))
        self.assertEqual(SQLite(seeds=("a.sql",)), copy.deepcopy(SQLite(seeds=("a.sql",))))
        self.assertEqual(
            SQLite(seeds=("a.sql",)), pickle.loads(pickle.dumps(SQLite(seeds=("a.sql",))))
        )

    def test_its_repr_has_what_differs_from_the_default(self):
        self.assertEqual("SQLite(isolation='commit')", repr(SQLite(isolation="commit")))

    def test_it_is_no_lease(self):
        with self.assertRaisesRegex(NotALeaseError, "is a service, not a lease"):
            SQLite().execute("select 1")

    def test_it_has_no_address_for_other_services(self):
        with self.assertRaisesRegex(ServiceDefinitionError, r"SQLite\(\) has no address"):
            SQLite().address("{url}")


class RecipeTest(unittest.TestCase):
    def test_it_runs_in_this_process_and_nowhere_else(self):
        self.assertIsInstance(SQLite().recipe("embedded"), InProcessRecipe)
        self.assertRegex(SQLite().recipe("embedded").description, r"^SQLite \d.*, in this process$")
        for provider in ("external", "docker"):
            self.assertIn("runs inside this process", SQLite().recipe(provider))

    def test_a_python_without_sqlite3_says_so(self):
        code = """
import sys
sys.modules["sqlite3"] = None
from harness import SQLite
print(SQLite().recipe("embedded"))
"""
        self.assertIn("this Python was built without sqlite3", run_python(code).stdout)

    def test_the_choice_does_not_go_on_about_where_it_does_not_run(self):
        sentence = choose(SQLite(), Settings.read(environ={})).sentence("sqlite")

        self.assertRegex(sentence, r"^sqlite on embedded \(SQLite [\d.]+, in this process\)$")
