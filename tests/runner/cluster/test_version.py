"""Which code a machine has, and how it differs from that of the run."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from harness.runner.cluster.version import Version


class VersionTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("tests/test_a.py", "app/main.py", "migrations/1.sql"):
            self.write(name, name)
        self.version = Version.of(self.root)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def there(self):
        """Return the version that a machine tells which is asked for these files."""
        return Version.of(self.root, list(self.version.sources))

    def test_sources_are_code_and_migrations_and_not_what_is_installed_or_hidden(self):
        self.write(".nox/a.py", "")
        self.write("app/__pycache__/a.py", "")
        self.write("env/pyvenv.cfg", "")
        self.write("env/lib/a.py", "")
        self.write("notes.txt", "")
        names = ["app/main.py", "migrations/1.sql", "tests/test_a.py"]
        self.assertEqual(names, list(Version.of(self.root).sources))

    def test_files_that_the_run_does_not_know_do_not_matter(self):
        self.write("made.py", "by a test, meanwhile")
        self.assertEqual("", self.version.complaint(self.there()))

    def test_a_file_that_differs_is_named(self):
        self.write("app/main.py", "otherwise")
        text = self.version.complaint(self.there())
        self.assertRegex(text, r"^it has harness .* \(app/main.py differs\); the run is of ")

    def test_of_several_files_one_is_named(self):
        self.write("app/main.py", "otherwise")
        (self.root / "tests/test_a.py").unlink()
        self.assertIn("(app/main.py and 1 more differ)", self.version.complaint(self.there()))

    def test_both_versions_are_told(self):
        other = replace(self.version, harness="0.0.9", python="3.10")
        text = self.version.complaint(other)
        digest = str(self.version).rpartition(" ")[2]
        self.assertEqual(
            f"it has harness 0.0.9, Python 3.10, sources {digest}; the run is of {self.version}",
            text,
        )
        self.assertRegex(str(self.version), r"^harness \d.*, Python 3\.\d+, sources [0-9a-f]{16}$")

    def test_it_travels_as_bytes(self):
        self.assertEqual(self.version, Version.unpacked(self.version.packed()))

    def test_a_directory_that_is_not_there_has_none_of_the_sources(self):
        there = Version.of(self.root / "nowhere", list(self.version.sources))
        self.assertIn("(app/main.py and 2 more differ)", self.version.complaint(there))
