"""The registry's directory: where it is, whose, and what is said of one that cannot be used."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

from harness.core.identity import registry_path
from harness.core.registry import files
from harness.core.registry.directory import FORMAT, Registry, registry_of
from harness.errors import RegistryError
from tests.support.mounts import fill, make_read_only, small_disk
from tests.support.parts import IDENTIFIER
from tests.support.unit import IS_ROOT, DirectoryTest

HINT = "  next: free some room, or set HARNESS_STATE_DIR to a local directory of your own"
CAUSE = "  likely cause: the disk is full or read-only, or the directory belongs to somebody else"


class OpenTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "state" / "registry"

    def open(self):
        return Registry(str(self.path), IDENTIFIER)

    def refused(self):
        with self.assertRaises(RegistryError) as caught:
            self.open()
        return str(caught.exception)

    def assertUnusable(self, reason):
        expected = f"the registry {self.path} cannot be written: {reason}\n{CAUSE}\n{HINT}"
        self.assertEqual(expected, self.refused())


class MadeTest(OpenTest):
    def test_it_is_made_for_its_user_alone(self):
        self.open()

        self.assertEqual(0o700, os.stat(self.path).st_mode & 0o777)
        self.assertEqual({"format", "slots"}, set(os.listdir(self.path)))
        self.assertEqual(FORMAT, files.read(f"{self.path}/format"))

    def test_one_that_is_there_is_used_as_it_is(self):
        self.open().slot("key").lock().close()

        self.assertEqual(["key"], [slot.key for slot in self.open().slots()])

    def test_opening_it_starts_no_janitor(self):
        self.open()

        self.assertFalse((self.path / "janitor.sock").exists())

    def test_one_object_of_a_process_stands_for_it(self):
        settings = self.settings(HARNESS_STATE_DIR=str(self.directory))

        self.assertIs(registry_of(settings), registry_of(settings))
        self.assertEqual(str(registry_path(settings)), registry_of(settings).path)


class UnusableTest(OpenTest):
    def test_one_of_a_newer_version_says_which_and_what_to_do(self):
        self.open()
        files.write(f"{self.path}/format", FORMAT + 1)

        self.assertEqual(
            f"the registry {self.path} was written by a newer version of harness: "
            f"format {FORMAT + 1}, and this one reads {FORMAT}\n"
            "  next: upgrade unittest-harness, or set HARNESS_STATE_DIR to another directory",
            self.refused(),
        )

    def test_one_whose_format_is_damaged_says_so(self):
        self.open()
        self.write("state/registry/format", '"new"')

        self.assertEqual(
            f"the registry {self.path} cannot be read: "
            "its format should be a number, not 'new'\n"
            "  likely cause: the file was changed by hand, or the disk is damaged\n"
            f"  next: end what uses it, then remove the file {self.path}/format",
            self.refused(),
        )

    def test_a_format_that_is_no_json_is_damaged_too(self):
        self.open()
        for text in ("", "{", "[1]"):
            with self.subTest(text):
                self.write("state/registry/format", text)
                self.assertIn("its format should be a number, not ", self.refused())

    @unittest.skipUnless(IS_ROOT, "only root may give a directory away")
    def test_one_of_another_user_is_refused_though_root_may_write_it(self):
        self.open()
        os.chown(self.path, 65534, -1)

        self.assertEqual(
            f"the registry {self.path} belongs to the user 65534, and we are 0\n"
            "  likely cause: it was made by another user, perhaps by root in a container\n"
            "  next: remove it, or set HARNESS_STATE_DIR to a directory of your own",
            self.refused(),
        )

    def test_one_that_others_may_enter_is_refused_with_the_way_out(self):
        self.open()
        for mode in (0o777, 0o770, 0o711, 0o705):
            with self.subTest(oct(mode)):
                os.chmod(self.path, mode)
                self.assertEqual(
                    f"others may enter the registry {self.path}: its mode is {mode:o}\n"
                    "  likely cause: it was not made by harness, or its mode was changed\n"
                    f"  next: if nobody has tampered with it: chmod 700 {self.path}",
                    self.refused(),
                )

        os.chmod(self.path, 0o700)
        self.open()

    def test_a_file_in_its_place_is_no_directory(self):
        self.write("state/registry")

        self.assertUnusable("File exists")

    def test_a_parent_that_is_a_file_is_no_directory(self):
        self.write("state")

        self.assertUnusable("Not a directory")

    def test_one_on_a_disk_that_is_read_only_cannot_be_made(self):
        disk = small_disk(self, self.directory / "state")
        make_read_only(self, disk)

        self.assertUnusable("Read-only file system")

    def test_one_on_a_disk_that_is_full_cannot_be_made(self):
        disk = small_disk(self, self.directory / "state")
        fill(disk)

        self.assertUnusable("No space left on device")
        self.assertNotIn("format", os.listdir(self.path))

    def test_a_system_without_its_locks_shares_nothing(self):
        with mock.patch("harness.core.registry.locks.AVAILABLE", False):
            self.assertEqual(
                f"instances cannot be shared on {sys.platform}: it has no flock\n"
                "  next: set the URL of a running server, such as DATABASE_URL",
                self.refused(),
            )
        self.assertFalse(Path(self.path).exists())
