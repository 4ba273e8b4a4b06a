"""What one process writes while another one reads."""

import os
import signal
import time
import unittest

from harness.runner.slate import Slate

LINES = 100_000
LONGEST = 30  # seconds


class SlateTest(unittest.TestCase):
    def written_by_another(self, slate):
        """Have lines written by another process, which is over at the end of the test."""
        pid = os.fork()
        if not pid:
            try:
                for number in range(LINES):
                    slate.write(b"%d\n" % number, lambda: time.sleep(0.0001))
            finally:
                os._exit(0)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)

    def test_who_looks_all_the_time_reads_what_was_written_and_nothing_else(self):
        slate = Slate(1 << 16)
        self.addCleanup(slate.close)
        self.written_by_another(slate)
        rest, number, deadline = b"", 0, time.monotonic() + LONGEST
        while number < LINES and time.monotonic() < deadline:
            *lines, rest = (rest + slate.read()).split(b"\n")
            if lines:
                self.assertEqual([b"%d" % n for n in range(number, number + len(lines))], lines)
            number += len(lines)
        self.assertEqual((LINES, b""), (number, rest))
