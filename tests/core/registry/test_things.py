"""What was made, as anybody of ours can name and remove it from what was written down."""

import os
import subprocess
import unittest
from unittest import mock

from harness.core.registry import directory_thing, files, processes, processes_thing, things
from harness.core.registry.things import remove_all, thing, words
from tests.support.mounts import small_disk
from tests.support.unit import DirectoryTest


class WordsTest(unittest.TestCase):
    def test_each_kind_has_words(self):
        container = {"host": "unix:///d", "name": "harness-1", "made": True}
        life = {"life": "/l", "instance": "0a", "boot": "b", "stop": 15, "grace": 5.0}
        named = {
            "directory /d": thing("directory", path="/d"),
            "processes of 0a": thing("processes", **life),
            "container harness-1": thing("container", **container),
            "network harness-1": thing("network", **container),
            "shared memory of the server in /d": thing("segment", data="/d"),
        }

        self.assertEqual(things.KINDS.keys(), {found["kind"] for found in named.values()})
        for text, found in named.items():
            self.assertEqual(text, words(found))

    def test_an_unknown_kind_is_never_written_down(self):
        with self.assertRaises(AssertionError):
            thing("planet", name="mars")


class RemoveAllTest(DirectoryTest):
    def directory_thing(self, name):
        (self.directory / name).mkdir()
        return thing("directory", path=str(self.directory / name))

    def test_the_last_made_is_removed_first(self):
        found = [self.directory_thing(name) for name in "abc"]
        removed = []

        with mock.patch.object(directory_thing, "remove", lambda path: removed.append(path[-1])):
            remove_all(found)

        self.assertEqual(["c", "b", "a"], removed)

    def test_one_that_fails_keeps_none_from_being_tried(self):
        found = [self.directory_thing(name) for name in "abc"]
        stuck = thing("container", host=f"unix://{self.directory}/none", name="c", made=True)

        with self.assertRaises(ExceptionGroup) as caught:
            remove_all([*found[:2], stuck, *found[2:]])

        self.assertEqual([], os.listdir(self.directory))
        self.assertEqual([ConnectionError], [type(e) for e in caught.exception.exceptions])

    def test_what_is_gone_already_is_no_error(self):
        found = [self.directory_thing(name) for name in "ab"]

        remove_all(found)
        remove_all(found)


class DirectoryThingTest(DirectoryTest):
    def test_it_is_removed_with_all_in_it(self):
        self.write("home/data/base/1", "a row")

        directory_thing.remove(str(self.directory / "home"))

        self.assertEqual([], os.listdir(self.directory))

    def test_a_link_in_it_is_removed_and_not_followed(self):
        kept = self.write("kept/file")
        (self.directory / "home").mkdir()
        (self.directory / "home" / "link").symlink_to(kept.parent)

        directory_thing.remove(str(self.directory / "home"))

        self.assertTrue(kept.exists())

    def test_a_file_that_a_dying_child_still_writes_goes_too(self):
        home = self.directory / "home"
        self.write("home/first")

        with mock.patch("os.unlink", late_writer(home)):
            directory_thing.remove(str(home))

        self.assertFalse(home.exists())

    def test_what_cannot_be_removed_is_an_error(self):
        (self.directory / "home").mkdir()
        small_disk(self, self.directory / "home" / "mounted")

        with self.assertRaises(OSError) as caught:
            directory_thing.remove(str(self.directory / "home"))

        self.assertIn("busy", str(caught.exception))


def late_writer(home):
    """Return an `os.unlink` during which another file appears, twice."""
    real, late = os.unlink, ["second", "third"]

    def unlink(path, *, dir_fd=None):
        if late:
            (home / late.pop()).write_text("late")
        real(path, dir_fd=dir_fd)

    return unlink


class ProcessesThingTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.server = subprocess.Popen(["sleep", "60"])
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        self.life = str(self.write("slot/i.life"))
        started = processes.start_time(self.server.pid)
        files.write(processes_thing.pid_file(self.life), (self.server.pid, started))
        files.write(processes_thing.exit_file(self.life), 0)

    def remove(self, boot=None):
        boot = processes.boot_id() if boot is None else boot
        processes_thing.remove(self.life, "i", boot, stop=15, grace=5.0)

    def files(self):
        return os.listdir(self.directory / "slot")

    def test_they_are_ended_and_their_files_removed(self):
        self.remove()

        self.assertEqual(-15, self.server.wait())
        self.assertEqual([], self.files())

    def test_removing_them_twice_is_no_error(self):
        self.remove()
        self.remove()

    def test_those_of_another_boot_are_sent_nothing(self):
        self.remove(boot="another")

        self.assertIsNone(self.server.poll())
        self.assertEqual([], self.files())

    def test_those_that_were_never_started_are_none(self):
        os.unlink(self.life)

        self.remove()

        self.assertIsNone(self.server.poll())

    def test_one_whose_number_was_given_to_another_is_left_alone(self):
        files.write(processes_thing.pid_file(self.life), (self.server.pid, "1"))

        self.remove()

        self.assertIsNone(self.server.poll())

    def test_one_that_was_started_and_not_written_down_is_found_by_its_mark(self):
        os.unlink(processes_thing.pid_file(self.life))
        marked = subprocess.Popen(["sleep", "60"], env={**os.environ, processes.MARK: "i"})
        self.addCleanup(marked.wait)
        self.addCleanup(marked.kill)

        self.remove()

        self.assertEqual(-9, marked.wait())
        self.assertEqual((0, ""), processes_thing.first_process(self.life))
