"""The shared memory that a killed server leaves is removed, and no other."""

import ctypes
import os
import subprocess
import unittest
from unittest import mock

from harness.services.postgres import segment_thing
from tests.support.unit import IS_ROOT, DirectoryTest

IPC_PRIVATE, IPC_CREAT, IPC_STAT = 0, 0o1000, 2
libc = ctypes.CDLL(None)


class SegmentTest(DirectoryTest):
    def lock_file(self, *lines):
        return self.write("data/postmaster.pid", "\n".join(lines))

    def lock_file_of(self, segment):
        return self.lock_file(
            "1", "data", "0", "5432", "/tmp", "127.0.0.1", f"  123 {segment}", "ready"
        )

    def segment(self):
        made = libc.shmget(IPC_PRIVATE, 56, IPC_CREAT | 0o600)
        self.addCleanup(libc.shmctl, made, segment_thing.IPC_RMID, None)
        return made

    def is_there(self, segment):
        return libc.shmctl(segment, IPC_STAT, ctypes.create_string_buffer(256)) == 0

    def remove(self):
        segment_thing.remove(data=str(self.directory / "data"))

    def test_the_one_that_its_lock_file_names_is_removed(self):
        ours, other = self.segment(), self.segment()
        self.lock_file_of(ours)

        self.remove()

        self.assertFalse(self.is_there(ours))
        self.assertTrue(self.is_there(other))

    def test_one_that_is_gone_is_no_error(self):
        self.lock_file_of(self.segment())

        self.remove()
        self.remove()

    def test_a_server_that_stopped_by_itself_left_none(self):
        self.remove()

    def test_a_file_that_is_not_finished_names_none(self):
        for lines in ((), ("1", "data"), ("1",) * 6 + ("",), ("1",) * 7):
            with self.subTest(lines):
                self.lock_file(*lines)
                self.remove()

    @unittest.skipUnless(IS_ROOT, "only root may give a file away")
    def test_where_root_may_not_it_is_removed_as_its_owner(self):
        owner = {"user": 65534, "group": 65534}
        listed = subprocess.run(["ipcmk", "-M", "56"], **owner, capture_output=True, check=True)
        segment = int(listed.stdout.split()[-1])
        os.chown(self.lock_file_of(segment), 65534, 65534)

        with mock.patch.object(segment_thing.ctypes, "CDLL") as refusing:
            refusing.return_value.shmctl.return_value = -1
            self.remove()

        self.assertFalse(self.is_there(segment))

    def test_it_is_named_by_its_server(self):
        self.assertEqual("shared memory of the server in /d", segment_thing.words(data="/d"))
