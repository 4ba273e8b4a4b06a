"""`SystemClock`: the real time, with the surface of a clock."""

import asyncio
import threading
import time
import unittest
from datetime import UTC, datetime, timedelta

from harness.errors import ClockError
from harness.testing.clock import SystemClock

CLOCK = SystemClock()


class SystemClockTest(unittest.TestCase):
    def test_it_shows_what_the_machine_does(self):
        self.assertLess(abs(CLOCK.now() - datetime.now(UTC)), timedelta(seconds=60))
        self.assertAlmostEqual(time.time(), CLOCK.time(), delta=60)
        self.assertAlmostEqual(time.monotonic(), CLOCK.monotonic(), delta=60)

    def test_it_sleeps(self):
        began = time.monotonic()
        CLOCK.sleep(0.01)
        asyncio.run(CLOCK.asleep(0.01))

        self.assertGreaterEqual(time.monotonic() - began, 0.02)

    def test_timers_come_from_a_thread_that_keeps_no_process_alive(self):
        called, threads = threading.Event(), []

        def call(word):
            threads.append((word, threading.current_thread().daemon))
            called.set()

        CLOCK.call_later(0.01, call, "later")
        self.assertTrue(called.wait(60))
        called.clear()
        timer = CLOCK.call_at(datetime(2020, 1, 1, tzinfo=UTC), call, "over")
        self.assertTrue(called.wait(60))

        self.assertEqual([("later", True), ("over", True)], threads)
        self.assertEqual(datetime(2020, 1, 1, tzinfo=UTC), timer.when)

    def test_a_timer_that_was_cancelled_does_not_come(self):
        timer = CLOCK.call_later(3600, self.fail)
        timer.cancel()

        self.assertGreater(timer.when, datetime.now(UTC) + timedelta(minutes=59))
        timer._thread.join(60)
        self.assertFalse(timer._thread.is_alive())

    def test_it_refuses_what_a_fake_clock_refuses(self):
        for wrong in (
            lambda: CLOCK.sleep(-1),
            lambda: asyncio.run(CLOCK.asleep(-1)),
            lambda: CLOCK.call_later(-1, print),
            lambda: CLOCK.call_later(1, None),
            lambda: CLOCK.call_at(datetime(2030, 1, 1), print),
        ):
            self.assertRaises(ClockError, wrong)
