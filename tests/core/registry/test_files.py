"""Small files that are whole or not there."""

import errno
import json
import os
from unittest import mock

from harness.core.registry import files
from tests.support.mounts import fill, small_disk
from tests.support.unit import DirectoryTest


class FilesTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = str(self.directory / "record")

    def names(self):
        return os.listdir(self.directory)

    def test_what_was_written_is_read(self):
        files.write(self.path, {"a": [1, None, "ü"]})

        self.assertEqual({"a": [1, None, "ü"]}, files.read(self.path))
        self.assertEqual(["record"], self.names())

    def test_where_there_is_none_there_is_nothing_to_read(self):
        self.assertIsNone(files.read(self.path))

    def test_it_holds_passwords_so_only_its_owner_reads_it(self):
        files.write(self.path, 1)

        self.assertEqual(0o600, os.stat(self.path).st_mode & 0o777)

    def test_what_is_not_json_is_an_error(self):
        for text in ("", "{", "\udcff"):
            with self.subTest(text):
                with open(self.path, "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(text)
                with self.assertRaises(ValueError):
                    files.read(self.path)

    def test_removing_it_twice_is_no_error(self):
        files.write(self.path, 1)

        files.remove(self.path)
        files.remove(self.path)

        self.assertEqual([], self.names())

    def test_a_reader_sees_the_old_or_the_new_and_never_half(self):
        files.write(self.path, "old")
        seen = []

        def reading(*arguments):
            seen.append(files.read(self.path))
            return real(*arguments)

        real = json.dump
        with mock.patch("json.dump", reading):
            files.write(self.path, "new")

        self.assertEqual(["old"], seen)
        self.assertEqual("new", files.read(self.path))

    def test_what_cannot_be_written_leaves_what_was_there(self):
        files.write(self.path, "old")

        with self.assertRaises(TypeError):
            files.write(self.path, ["half", object()])

        self.assertEqual("old", files.read(self.path))
        self.assertEqual(["record"], self.names())

    def test_a_full_disk_leaves_what_was_there(self):
        disk = small_disk(self, self.directory / "disk")
        path = str(disk / "record")
        files.write(path, "old")
        filler = fill(disk)

        with self.assertRaises(OSError) as caught:
            files.write(path, "new")

        self.assertEqual(errno.ENOSPC, caught.exception.errno)
        self.assertEqual("old", files.read(path))
        self.assertEqual({"record", filler.name}, set(os.listdir(disk)))
