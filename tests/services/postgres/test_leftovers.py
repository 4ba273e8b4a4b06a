"""What a killed server leaves is ended and removed, and nothing else is touched."""

import ctypes
import subprocess
import sys

from harness.services.postgres import leftovers
from tests.support.unit import DirectoryTest

IPC_PRIVATE, IPC_CREAT, IPC_STAT = 0, 0o1000, 2
WAIT = "import sys; sys.stdout.write('up'); sys.stdout.flush(); sys.stdin.read()"


class LeftoversTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.data.mkdir()

    def child(self, directory):
        process = subprocess.Popen(
            [sys.executable, "-c", WAIT],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # as each server process does
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        process.stdout.read(2)
        return process

    def lock_file(self, *lines):
        return self.write("data/postmaster.pid", "\n".join(lines))

    def test_processes_in_its_directory_are_ended_and_others_not(self):
        self.lock_file()
        ours, other = self.child(self.data), self.child(self.directory)

        leftovers.sweep(self.data)

        self.assertEqual(-9, ours.wait())
        self.assertIsNone(other.poll())

    def test_a_directory_behind_a_link_is_the_same(self):
        self.lock_file()
        link = self.directory / "link"
        link.symlink_to(self.directory)
        ours = self.child(self.data)

        leftovers.sweep(link / "data")

        self.assertEqual(-9, ours.wait())

    def test_a_server_that_stopped_by_itself_left_nothing(self):
        child = self.child(self.data)

        leftovers.sweep(self.data)

        self.assertIsNone(child.poll())

    def test_the_shared_memory_that_its_file_names_is_removed(self):
        libc = ctypes.CDLL(None)
        ours, other = (libc.shmget(IPC_PRIVATE, 56, IPC_CREAT | 0o600) for _ in range(2))
        self.addCleanup(libc.shmctl, ours, leftovers.IPC_RMID, None)
        self.addCleanup(libc.shmctl, other, leftovers.IPC_RMID, None)
        self.lock_file("1", "data", "0", "5432", "/tmp", "127.0.0.1", f"  123 {ours}", "ready")

        leftovers.sweep(self.data)

        room = ctypes.create_string_buffer(256)
        self.assertEqual(-1, libc.shmctl(ours, IPC_STAT, room))
        self.assertEqual(0, libc.shmctl(other, IPC_STAT, room))

    def test_a_file_that_is_not_finished_names_none(self):
        for lines in ((), ("1", "data"), ("1",) * 6 + ("",), ("1",) * 7):
            with self.subTest(lines):
                self.lock_file(*lines)
                leftovers.sweep(self.data)
