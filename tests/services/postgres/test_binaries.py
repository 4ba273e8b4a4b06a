"""Finding PostgreSQL's programs, and the reason why none of them will do."""

import unittest
from pathlib import Path
from unittest import mock

from harness.services.postgres import binaries
from harness.services.postgres.binaries import Installation, newest_first
from tests.support.unit import DirectoryTest


class InstalledTest(DirectoryTest):
    """Installations of shell scripts, found by the paths of an imaginary system."""

    def setUp(self):
        super().setUp()
        self.environment(PATH="/bin:/usr/bin")
        self.patch("PLACES", (f"{self.directory}/pg/*/bin",))
        self.patch("system_programs", None)
        self.patch("wheel_directories", lambda: iter(()))
        self.enterContext(mock.patch("shutil.which", self.which))

    def patch(self, name, value):
        if hasattr(binaries, name):
            self.enterContext(mock.patch.object(binaries, name, value))

    def which(self, name):
        found = self.directory / "path" / name
        return str(found) if found.exists() else None

    def install(self, place, version, *extensions, **programs):
        for name in ("postgres", "initdb"):
            self.program(f"{place}/bin/{name}", f"echo '{name} (PostgreSQL) {version}'")
        for name in extensions:
            self.write(f"{place}/share/postgresql/extension/{name}.control")
        return self.directory / place / "bin"

    def choose(self, version=None, extensions=()):
        choose = getattr(binaries.choose, "__wrapped__", binaries.choose)
        return choose(version, extensions)

    def test_none_says_what_to_install(self):
        self.assertEqual(
            "no PostgreSQL on this machine: install PostgreSQL, "
            'or `pip install "unittest-harness[embedded]"`',
            self.choose(),
        )

    def test_the_newest_comes_first(self):
        self.install("pg/9", "9.6")
        newest = self.install("pg/15", "15.13")

        self.assertEqual(Installation(newest, "15.13", "system"), self.choose())

    def test_a_wanted_version_is_found_among_others(self):
        old = self.install("pg/14", "14.2")
        self.install("pg/15", "15.13")

        self.assertEqual(old, self.choose("14").bin)
        self.assertEqual(old, self.choose("14.2").bin)

    def test_a_version_that_is_nowhere_says_what_is_there(self):
        place = self.install("pg/15", "15.13")

        self.assertEqual(f"PostgreSQL 15.13 in {place} is not version 16", self.choose("16"))

    def test_an_extension_that_is_nowhere_says_what_is_there(self):
        place = self.install("pg/15", "15.13", "a")

        self.assertEqual(
            f"PostgreSQL 15.13 in {place} lacks the extension b, c",
            self.choose(None, ("a", "b", "c")),
        )

    def test_one_that_has_the_extension_is_preferred_to_a_newer_one(self):
        self.install("pg/15", "15.13")
        older = self.install("pg/14", "14.2", "a")

        self.assertEqual(older, self.choose(None, ("a",)).bin)

    def test_pg_config_knows_where_extensions_lie(self):
        place = self.install("pg/15", "15.13")
        self.write("share/extension/a.control")
        self.program("pg/15/bin/pg_config", f"echo {self.directory}/share")

        self.assertEqual(place, self.choose(None, ("a",)).bin)

    def test_what_does_not_run_is_passed_over(self):
        self.install("pg/16", "16.1")
        self.program("pg/16/bin/postgres", "exit 1")
        place = self.install("pg/15", "15.13")

        self.assertEqual(place, self.choose().bin)

    def test_what_is_not_whole_is_passed_over(self):
        place = self.install("pg/16", "16.1")
        (place / "initdb").unlink()

        self.assertIn("no PostgreSQL on this machine", self.choose())

    def test_one_on_the_path_is_found_behind_its_link(self):
        place = self.install("opt", "15.13")
        self.write("path/x")
        (self.directory / "path" / "postgres").symlink_to(place / "postgres")
        (self.directory / "path" / "initdb").symlink_to(place / "initdb")

        self.assertEqual("15.13", self.choose().version)

    def test_pg_config_on_the_path_leads_to_the_programs(self):
        place = self.install("opt", "15.13")
        self.program("path/pg_config", f"echo {place}")

        self.assertEqual(place, self.choose().bin)

    def test_the_same_directory_is_found_once(self):
        self.install("pg/15", "15.13")
        (self.directory / "pg" / "16").symlink_to(self.directory / "pg" / "15")

        self.assertEqual(1, len(tuple(binaries.installations())))

    def test_a_wheel_comes_after_the_systems_own(self):
        wheel = self.install("wheel", "18.4")
        self.patch("wheel_directories", lambda: iter([(wheel, binaries.WHEEL)]))
        self.assertEqual(binaries.WHEEL, self.choose().origin)

        self.install("pg/15", "15.13")
        self.assertEqual("15.13", self.choose().version)


class VersionTest(DirectoryTest):
    def test_a_version_is_read_from_what_the_program_says(self):
        for said, version in {
            "postgres (PostgreSQL) 15.13 (Debian 15.13-1)": "15.13",
            "postgres (PostgreSQL) 18beta1": "18",
            "nothing": None,
        }.items():
            with self.subTest(said):
                program = self.program(f"{abs(hash(said))}/postgres", f"echo '{said}'")
                self.assertEqual(version, binaries.version_of(program))

    def test_the_major_version_is_the_first_number(self):
        self.assertEqual("15", Installation(Path("/x"), "15.13", "system").major)

    def test_directories_are_sorted_by_their_number(self):
        paths = [f"/usr/lib/postgresql/{n}/bin" for n in ("9.6", "15", "100", "x")]

        self.assertEqual(
            ["100", "15", "9.6", "x"],
            [Path(path).parent.name for path in sorted(paths, key=newest_first)],
        )


class WheelTest(unittest.TestCase):
    def test_it_is_found_without_importing_it(self):
        import sys

        before = set(sys.modules)
        list(binaries.wheel_directories())

        self.assertNotIn(binaries.WHEEL, set(sys.modules) - before)

    def test_no_wheel_is_no_directory(self):
        with mock.patch.object(binaries, "WHEEL", "no_such_wheel"):
            self.assertEqual([], list(binaries.wheel_directories()))
