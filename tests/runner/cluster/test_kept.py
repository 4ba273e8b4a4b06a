"""What a process has written, when its Dask worker was killed."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness.core.registry.locks import Lock
from harness.core.registry.processes import start_time
from harness.runner.cluster import kept


class KeptTest(unittest.TestCase):
    def setUp(self):
        self.path = kept.make()
        self.addCleanup(kept.remove, self.path)

    def write(self, data):
        slate = kept.slate_of(self.path)
        slate.write(data, lambda: self.fail("there is no room"))
        return slate

    def test_all_of_it_is_found_read_or_not_and_then_removed(self):
        slate = self.write(b"one\ntwo\n")
        self.assertEqual(b"one\ntwo\n", slate.read())
        slate.write(b"three\n", self.fail)
        slate.close()
        self.assertEqual((0, b"one\ntwo\nthree\n"), kept.recovered(self.path, 1 << 30, ""))
        self.assertFalse(Path(self.path).exists())

    def test_of_more_than_there_is_room_for_the_last_is_found(self):
        slate = self.write(b"a" * kept.SIZE)
        slate.read()
        slate.write(b"b" * 10, self.fail)
        slate.close()
        at, data = kept.recovered(self.path, 1 << 30, "")
        self.assertEqual((10, kept.SIZE), (at, len(data)))
        self.assertEqual(b"a" * 10 + b"b" * 10, data[-20:])

    def test_a_file_of_another_machine_is_not_there(self):
        self.assertIsNone(kept.recovered(f"{self.path}-elsewhere", 1 << 30, ""))

    def process(self):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.write(b"one\n").close()
        return process

    def test_a_process_that_still_lives_is_killed_before_it_can_write_more(self):
        process = self.process()
        self.assertEqual(
            (0, b"one\n"), kept.recovered(self.path, process.pid, start_time(process.pid))
        )
        self.assertEqual(-signal.SIGKILL, process.wait())

    def test_another_process_of_the_same_number_is_left_alone(self):
        process = self.process()
        kept.recovered(self.path, process.pid, "1")
        self.assertIsNone(process.poll())

    def test_what_nobody_has_asked_for_is_swept_when_it_is_old_and_its_reader_dead(self):
        with Lock(self.path) as reader:
            reader.try_exclusive()
            kept.sweep(older=-1)
            self.assertTrue(os.path.exists(self.path))
        kept.sweep()
        self.assertTrue(os.path.exists(self.path))
        kept.sweep(older=-1)
        self.assertFalse(os.path.exists(self.path))
