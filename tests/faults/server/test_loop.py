"""The loop's timers: never early, and not rounded up to milliseconds."""

import contextlib
import socket
import time
import unittest

from harness.faults.server.loop import new_loop


class LoopTest(unittest.TestCase):
    def setUp(self):
        self.loop = self.enterContext(contextlib.closing(new_loop()))

    def waited(self, seconds):
        """Return how long the loop waited for a timer, beyond what it was told."""
        begin = self.loop.time()
        self.loop.call_at(begin + seconds, self.loop.stop)
        self.loop.run_forever()
        return self.loop.time() - begin - seconds

    def test_a_timer_is_never_early(self):
        late = [self.waited(seconds) for seconds in (0.0001, 0.0009, 0.0011, 0.005, 0.02) * 5]

        self.assertGreater(min(late), -1e-6)

    def test_a_short_one_is_not_rounded_up(self):
        late = [self.waited(0.0002) for _ in range(50)]

        self.assertLess(min(late), 0.0006)  # whatever a busy machine adds to some

    def test_what_happens_meanwhile_ends_a_wait(self):
        one, two = socket.socketpair()
        self.addCleanup(one.close)
        self.addCleanup(two.close)
        self.loop.add_reader(one, self.loop.stop)
        timer = self.loop.call_later(10, self.fail)
        self.loop.call_later(0.02, two.send, b"x")

        began = time.monotonic()
        self.loop.run_forever()

        self.assertLess(time.monotonic() - began, 5)
        timer.cancel()
        self.loop.remove_reader(one)
