"""Processes that keep the machine busy."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness.errors import ConfigurationError
from harness.runner.stress.load import Load, available
from harness.testing.eventually import eventually

HOLD = """
import sys
from harness.runner.stress.load import Load
with Load(2, 1) as load:
    print(*load._pids, flush=True)
    sys.stdin.read()
"""


def children():
    """Return the processes that this one has started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return {int(pid) for pid in listed.split()}


def runs(pid):
    """Return whether a process runs, and is not just waited for by nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


class LoadTest(unittest.TestCase):
    def test_its_processes_are_there_while_it_is_entered(self):
        before = children()
        with Load(2, memory=1) as load:
            self.assertTrue(load)
            self.assertEqual(3, len(children() - before))
        self.assertEqual(before, children())

    def test_none_is_no_load(self):
        with Load(0) as load:
            self.assertFalse(load)

    def test_they_end_with_who_has_started_them_even_if_that_is_killed(self):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with holder:
            pids = [int(pid) for pid in holder.stdout.readline().split()]
            holder.send_signal(signal.SIGKILL)
        self.assertEqual(3, len(pids))
        eventually(lambda: not any(map(runs, pids)), within=30)

    def test_more_processes_than_the_machine_can_bear_are_refused(self):
        most = 8 * os.cpu_count()
        with self.assertRaises(ConfigurationError) as caught:
            Load(most + 1)
        self.assertIn(f"--load {most + 1}: ", caught.exception.what)
        self.assertEqual(f"give {most} at most, 8 for each processor", caught.exception.hint)

    def test_more_memory_than_there_is_is_refused(self):
        megabytes = available() + 1
        with self.assertRaises(ConfigurationError) as caught:
            Load(1, megabytes)
        self.assertRegex(str(caught.exception), rf"--memory {megabytes}: \d+ MB are free")
        self.assertIn("next: give", str(caught.exception))
