"""The file of a snapshot: written whole or not at all, and read with care."""

import errno
import json
import subprocess
import sys
import zipfile

from harness.data.snapshots.archive import check_place, opened, written
from harness.errors import SnapshotError
from tests.support.project import environ
from tests.support.unit import DirectoryTest

# Writes more than the operating system lets it.
LIMITED = """
import os, resource, sys
from pathlib import Path
from harness.data.snapshots.archive import written
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with written(Path(sys.argv[1])) as archive:
    archive.writestr("data", os.urandom(1_000_000))
"""


class WrittenTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "shop.dump"

    def write(self, error=None):
        with written(self.path) as archive:
            archive.writestr("one", "1")
            if error is not None:
                raise error

    def test_it_appears_when_it_is_whole_and_only_its_owner_reads_it(self):
        with written(self.path) as archive:
            archive.writestr("one", "1")
            self.assertFalse(self.path.exists())

        self.assertEqual([self.path], list(self.directory.iterdir()))
        self.assertEqual(0o600, self.path.stat().st_mode & 0o777)

    def test_nothing_is_left_of_what_fails_and_an_older_file_stays(self):
        self.path.write_text("older")
        for error in (ValueError("no"), KeyboardInterrupt()):
            with self.assertRaises(type(error)):
                self.write(error)
            self.assertEqual([self.path], list(self.directory.iterdir()))
        self.assertEqual("older", self.path.read_text())

    def test_a_full_disk_says_what_to_do(self):
        with self.assertRaises(SnapshotError) as raised:
            self.write(OSError(errno.ENOSPC, "No space left on device"))

        self.assertEqual(
            f"the snapshot {self.path} cannot be written: No space left on device\n"
            "  next: free some room, or save it on another disk",
            str(raised.exception),
        )
        self.assertEqual([], list(self.directory.iterdir()))

    def test_nothing_is_left_when_the_system_refuses_to_write_on(self):
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, self.path],
            env=environ(), capture_output=True, text=True,
        )  # fmt: skip

        self.assertIn("shop.dump cannot be written: File too large", done.stderr)
        self.assertEqual([], list(self.directory.iterdir()))

    def test_a_directory_that_is_not_there_is_to_be_made(self):
        self.path = self.directory / "none" / "shop.dump"

        with self.assertRaises(SnapshotError) as raised:
            self.write()

        self.assertIn(
            f"next: make the directory: mkdir -p {self.path.parent}", str(raised.exception)
        )


class OpenedTest(DirectoryTest):
    def refused(self, **members):
        path = self.directory / "shop.dump"
        with zipfile.ZipFile(path, "w") as file:
            for name, content in members.items():
                file.writestr(name.replace("_", "."), content)
        with self.assertRaises(SnapshotError) as raised, opened(path):
            pass
        with self.assertRaises(SnapshotError):
            check_place(path)
        return str(raised.exception)

    def test_another_archive_is_no_snapshot(self):
        for members in (
            {},
            {"readme": "x"},
            {"manifest_json": "[]"},
            {"manifest_json": "{"},
            {"manifest_json": '{"snapshot": 1}'},
        ):
            with self.subTest(members):
                said = self.refused(**members)
                self.assertIn("shop.dump is damaged: ", said)
                self.assertIn("next: make it anew with `harness snapshot save`", said)

    def test_one_of_a_newer_harness_says_so(self):
        said = self.refused(manifest_json=json.dumps({"snapshot": 2, "harness": "9.9"}))

        self.assertIn("shop.dump was saved by harness 9.9, in a form of its own", said)
        self.assertIn("next: pip install --upgrade unittest-harness", said)
