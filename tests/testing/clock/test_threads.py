"""Threads that sleep on a `FakeClock`."""

import concurrent.futures
import queue
import threading
import time
import unittest

from harness.errors import ClockError, ClockStalledError
from harness.testing.clock import FakeClock


class ThreadsTest(unittest.TestCase):
    def setUp(self):
        self.clock = FakeClock("2030-01-01T00:00Z")
        self.said = []
        self.threads = []

    def tearDown(self):
        for thread in self.threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())

    def start(self, target, *arguments, name=None):
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def say(self, word):
        self.said.append((word, self.clock.monotonic() - 1000))

    def nap(self, word, *naps):
        for seconds in naps:
            self.clock.sleep(seconds)
            self.say(word)

    def caught(self, what, *arguments):
        """Call what raises; keep the error."""
        try:
            what(*arguments)
        except Exception as error:
            self.said.append(error)


class WakingTest(ThreadsTest):
    def test_each_wakes_at_its_own_instant_and_may_sleep_again(self):
        self.start(self.nap, "a", 2, 2, 2)
        self.start(self.nap, "b", 3, 3)
        self.clock.wait_for_sleepers(2)
        self.clock.advance(6)

        self.assertEqual([("a", 2), ("b", 3), ("a", 4)], self.said[:3])
        self.assertCountEqual([("a", 6), ("b", 6)], self.said[3:])

    def test_work_between_two_sleeps_is_waited_for(self):
        def work():
            for _ in range(3):
                self.clock.sleep(10)
                time.sleep(0.02)
                self.say("worked")

        self.start(work)
        self.clock.wait_for_sleepers()
        self.clock.advance(minutes=1)

        self.assertEqual([("worked", 10), ("worked", 20), ("worked", 30)], self.said)

    def test_timers_come_between_the_sleepers(self):
        self.start(self.nap, "thread", 1, 2)
        self.clock.wait_for_sleepers()
        self.clock.call_later(2, self.say, "timer")
        self.clock.advance(3)

        self.assertEqual([("thread", 1), ("timer", 2), ("thread", 3)], self.said)

    def test_a_pool_that_has_nothing_more_to_do_is_not_waited_for(self):
        self.clock.settle = 60
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            naps = [pool.submit(self.nap, "nap", seconds) for seconds in (5, 7)]
            self.clock.wait_for_sleepers(2)
            began = time.monotonic()
            self.clock.advance(10)
            concurrent.futures.wait(naps)

            self.assertLess(time.monotonic() - began, 30)
        self.assertEqual([("nap", 5), ("nap", 7)], self.said)

    def test_one_that_waits_for_the_test_is_not_waited_for_long(self):
        orders = queue.Queue()
        self.clock.settle = 0.01

        def work():
            self.clock.sleep(1)
            self.said.append(orders.get())

        worker = self.start(work)
        self.clock.wait_for_sleepers()
        self.clock.advance(1)
        orders.put("order")
        worker.join(60)

        self.assertEqual(["order"], self.said)

    def test_a_sleep_of_no_time_returns_at_once_in_any_thread(self):
        self.start(self.nap, "a", 0).join(60)

        self.assertEqual([("a", 0)], self.said)

    def test_another_thread_can_own_the_clock(self):
        def drive():
            self.clock.own()
            self.clock.sleep(5)
            self.say("driver")

        self.start(drive).join(60)

        self.assertEqual([("driver", 5)], self.said)


class StalledTest(ThreadsTest):
    def test_a_test_that_waits_for_a_sleeper_is_told_who_sleeps(self):
        self.clock.patience = 0.1
        other = self.start(self.caught, self.clock.sleep, 5, name="other")
        self.start(self.caught, self.clock.sleep, 7, name="worker")
        self.clock.wait_for_sleepers(2)
        other.join(60)

        text = "\n\n".join(map(str, self.said))
        self.assertIsInstance(self.said[0], ClockStalledError)
        self.assertIn("sleeps, and nobody has moved the clock for 0.1 s of real time", text)
        self.assertIn("    thread other sleeps until 2030-01-01 00:00:05+00:00, in 5 s", text)
        self.assertIn("    thread worker sleeps until 2030-01-01 00:00:07+00:00, in 7 s", text)
        self.assertIn("    thread MainThread, whose clock it is, is at test_threads.py:", text)
        self.assertIn("next: call clock.advance() before that wait", text)

    def test_a_test_that_works_meanwhile_is_let_work(self):
        self.clock.patience = 0.01
        self.start(self.nap, "a", 5)
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            time.sleep(0.001)
        self.clock.wait_for_sleepers()
        self.clock.advance(5)

        self.assertEqual([("a", 5)], self.said)

    def test_an_owner_that_has_ended_is_told(self):
        def make():
            self.clock = FakeClock(patience=0.05)

        self.start(make, name="maker").join(60)
        self.caught(self.clock.sleep, 5)

        self.assertIn("thread maker, which made the clock, has ended", str(self.said[0]))

    def test_too_few_sleepers_are_told(self):
        self.start(self.nap, "a", 5, name="worker")
        self.clock.wait_for_sleepers()
        with self.assertRaises(ClockStalledError) as caught:
            self.clock.wait_for_sleepers(2, within=0.01)
        self.clock.advance(5)

        self.assertIn("1 of 2 sleep on the clock after 0.01 s\n    thread worker sleeps until",
                      str(caught.exception))  # fmt: skip

    def test_closing_it_wakes_who_sleeps_with_an_error(self):
        worker = self.start(self.caught, self.clock.sleep, 5)
        self.clock.wait_for_sleepers()
        self.clock.close("its test has ended")
        worker.join(60)

        self.assertIsInstance(self.said[0], ClockError)
        self.assertIn("a thread or an object outlives the test", str(self.said[0]))

    def test_two_threads_that_move_it_are_told(self):
        self.clock.settle = 60
        self.clock.call_later(5, lambda: self.start(self.caught, self.clock.advance, 1).join(60))
        self.clock.advance(5)

        self.assertIn("the clock was moved while MainThread, for the timer", str(self.said[0]))
