"""Where servers keep their data, and what to say when there is no room."""

import errno
import shutil
import sys
import unittest
from pathlib import Path
from unittest import mock

from harness.errors import MissingExtraError, StartError
from harness.providers import directories
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest, run_python

MEMORY = directories.SHARED_MEMORY


class ParentTest(DirectoryTest):
    def test_the_directory_that_was_set_is_taken(self):
        self.assertEqual(Path("/x"), directories.data_parent(self.settings(HARNESS_DATA_DIR="/x")))

    def test_else_shared_memory_if_it_is_roomy_else_the_temporary_directory(self):
        parent = directories.data_parent(self.settings())

        self.assertEqual(directories.roomy(MEMORY), parent == MEMORY)

    def test_a_directory_on_a_disk_is_not_roomy(self):
        self.assertFalse(directories.roomy(self.directory / "missing"))
        self.assertFalse(directories.is_tmpfs(self.directory))
        self.assertFalse(directories.roomy(self.directory))

    def test_where_mounts_cannot_be_read_nothing_is_a_tmpfs(self):
        with mock.patch.object(Path, "read_text", side_effect=FileNotFoundError):
            self.assertFalse(directories.is_tmpfs(MEMORY))

    @unittest.skipUnless(directories.is_tmpfs(MEMORY), "there is no shared memory here")
    def test_shared_memory_is_roomy_with_a_gibibyte_free(self):
        free = shutil.disk_usage(MEMORY).free

        with mock.patch.object(directories, "SHARED_MEMORY_NEEDED", free // 2):
            self.assertTrue(directories.roomy(MEMORY))
        with mock.patch.object(directories, "SHARED_MEMORY_NEEDED", free * 2):
            self.assertFalse(directories.roomy(MEMORY))
            self.assertNotEqual(MEMORY, directories.data_parent(self.settings()))

    def test_a_gibibyte_is_needed(self):
        self.assertEqual(1024**3, directories.SHARED_MEMORY_NEEDED)


class HomeTest(DirectoryTest):
    def refused(self, place):
        with self.assertRaises(StartError) as caught:
            directories.make(place / "home")
        return str(caught.exception)

    def test_a_home_is_named_after_the_registry_and_the_instance(self):
        registry = mock.Mock(identifier="0a1b2c3d")
        claim = mock.Mock(registry=registry, instance="89abcdef")

        home = directories.home_of(claim, self.settings(HARNESS_DATA_DIR="."))

        self.assertEqual(self.directory / "harness-0a1b2c3d-89abcdef", home)
        self.assertFalse(home.exists())

    def test_a_home_is_for_us_alone(self):
        home = self.directory / "home"

        directories.make(home)

        self.assertEqual(0o700, home.stat().st_mode & 0o777)

    def test_one_that_is_there_already_is_not_ours(self):
        (self.directory / "home").mkdir()

        self.assertIn("File exists", self.refused(self.directory))

    def test_a_missing_directory_is_an_error(self):
        place = self.directory / "missing"

        self.assertEqual(
            f"the data of a server cannot be written below {place}: No such file or directory\n"
            "  likely cause: the disk is full, or the directory is missing or not ours to write\n"
            "  next: free some room, or set HARNESS_DATA_DIR to another directory",
            self.refused(place),
        )

    def test_a_file_is_no_directory(self):
        self.assertIn("Not a directory", self.refused(self.write("file")))

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_directory_of_others_is_an_error(self):
        place = self.directory / "closed"
        place.mkdir(mode=0o500)

        self.assertIn("Permission denied", self.refused(place))

    def test_a_full_disk_is_an_error_with_its_reason(self):
        error = directories.no_room(Path("/x"), OSError(errno.ENOSPC, "No space left on device"))

        self.assertIn("below /x: No space left on device", str(error))

    def test_an_error_without_a_number_is_shown_as_it_is(self):
        self.assertIn("below /x: broken", str(directories.no_room(Path("/x"), OSError("broken"))))


class CacheTest(DirectoryTest):
    def test_the_directory_that_was_set_is_taken(self):
        settings = self.settings(HARNESS_CACHE_DIR="cache")

        self.assertEqual(self.directory / "cache", directories.cache_directory(settings))

    def test_else_the_users_own(self):
        self.environment(XDG_CACHE_HOME=str(self.directory / "user"))

        place = directories.cache_directory(self.settings())

        self.assertEqual("unittest-harness", place.name)
        self.assertTrue(place.is_relative_to(self.directory))
        self.assertFalse(place.exists())

    def test_without_platformdirs_it_names_the_extra(self):
        with (
            mock.patch.dict(sys.modules, {"platformdirs": None}),
            self.assertRaises(MissingExtraError) as caught,
        ):
            directories.cache_directory(self.settings())

        self.assertIn('pip install "unittest-harness[postgres]"', str(caught.exception))


class BesideTest(DirectoryTest):
    """Directories in which what is to be cached is made."""

    def setUp(self):
        super().setUp()
        self.target = self.directory / "cached-1"

    def names(self):
        return sorted(path.name for path in self.directory.iterdir())

    def test_it_is_away_afterwards(self):
        with directories.beside(self.target) as made:
            self.assertEqual([made.name], self.names())

        self.assertEqual([], self.names())

    def test_what_a_killed_process_left_is_removed(self):
        run_python(
            "import os, signal, sys; from pathlib import Path\n"
            "from harness.providers import directories\n"
            f"with directories.beside(Path({str(self.target)!r})) as made:\n"
            "    (made / 'half').touch()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        self.assertEqual(1, len(self.names()))

        with directories.beside(self.target) as made:
            self.assertEqual([made.name], self.names())

    def test_another_process_and_another_cached_directory_are_left_alone(self):
        (self.directory / "cached-10-1x2-a").mkdir()
        with directories.beside(self.target) as first, directories.beside(self.target) as second:
            self.assertTrue(first.exists())
            self.assertEqual(3, len({"cached-10-1x2-a", first.name, second.name} & {*self.names()}))
