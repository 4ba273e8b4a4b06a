"""What `Alembic(...)` is, and what its file may say, without a server and without Alembic."""

import unittest

from harness import Alembic
from harness.adapters.alembic import Ini, check_revisions
from harness.errors import ConfigurationError, ServiceDefinitionError
from tests.support.unit import DirectoryTest, run_python


class DeclaredTest(unittest.TestCase):
    def test_a_list_becomes_a_value_that_can_be_hashed(self):
        one, twin = Alembic("a.ini", watch=["b"]), Alembic("a.ini", watch=("b",))

        self.assertEqual((one, hash(one)), (twin, hash(twin)))

    def test_it_is_shown_as_it_was_declared(self):
        self.assertEqual("Alembic(config='a.ini', target='b')", repr(Alembic("a.ini", target="b")))

    def test_one_path_is_nothing_to_watch(self):
        with self.assertRaisesRegex(ServiceDefinitionError, r"next: write watch=\['b'\]"):
            Alembic("a.ini", watch="b")


class IniTest(DirectoryTest):
    def ini(self, text):
        self.write("m/env.py")
        return Ini(self.write("alembic.ini", f"[alembic]\n{text}\n"))

    def wrong(self, text):
        with self.assertRaises(ConfigurationError) as caught:
            self.ini(text)
        return str(caught.exception)

    def test_paths_are_relative_to_its_directory(self):
        ini = self.ini("script_location = m\nprepend_sys_path = . src")

        self.assertEqual(self.directory / "m", ini.scripts)
        self.assertEqual([self.directory / "m/versions"], ini.versions)
        self.assertEqual([self.directory, self.directory / "src"], ini.imports)

    def test_here_is_its_directory(self):
        ini = self.ini("script_location = %(here)s/m\nversion_locations = %(here)s/a:%(here)s/b")

        self.assertEqual([self.directory / "a", self.directory / "b"], ini.versions)

    def test_a_place_may_be_in_a_package(self):
        ini = self.ini("script_location = m\nversion_locations = ")
        found = ini._place("harness:data/migrations")

        self.assertTrue((found / "source.py").is_file())

    def test_the_driver_is_the_one_that_its_url_names(self):
        for url, drivers in (
            ("driver://user:pass@localhost/dbname", {}),
            ("postgresql://localhost/shop", {}),
            ("postgresql+asyncpg://localhost/shop", {"postgres": "asyncpg"}),
            ("postgresql+psycopg://u:%(secret)s@localhost/shop", {"postgres": "psycopg"}),
            ("sqlite+aiosqlite:///shop.db", {"sqlite": "aiosqlite"}),
        ):
            with self.subTest(url):
                ini = self.ini(f"script_location = m\nsqlalchemy.url = {url}")
                self.assertEqual(drivers, ini.drivers)

    def test_a_file_that_is_wrong(self):
        self.assertIn("has no script_location in [alembic]", self.wrong("a = b"))
        self.assertIn("there is no env.py in", self.wrong("script_location = gone"))
        self.assertIn("Bad value substitution", self.wrong("script_location = %(gone)s"))
        self.assertIn("alembic.ini cannot be read: ", self.wrong("no option"))


class RevisionsTest(DirectoryTest):
    def check(self, *texts):
        for number, text in enumerate(texts):
            self.write(f"{number}.py", text)
        check_revisions([self.directory])

    def test_revisions_that_differ(self):
        self.check("revision = 'a'\ndown_revision = None", "revision = 'b'\ndown_revision = 'a'")

    def test_two_that_are_the_same(self):
        with self.assertRaises(ConfigurationError) as caught:
            self.check('revision: str = "a"\n', "revision = 'a'\n")

        self.assertEqual(
            f"two migrations have the revision a: {self.directory / '0.py'} and "
            f"{self.directory / '1.py'}\n"
            "  likely cause: one was made as a copy of the other\n"
            "  next: give 1.py a revision of its own, which `alembic revision` draws",
            str(caught.exception),
        )


class NotInstalledTest(unittest.TestCase):
    def test_the_error_names_the_extra(self):
        code = """
import sys
sys.modules["alembic"] = None
from harness.adapters.alembic_run import imported
imported()
"""
        printed = run_python(code).stderr

        self.assertIn("MissingExtraError: Alembic is not installed", printed)
        self.assertIn('next: pip install "unittest-harness[alembic]"', printed)
