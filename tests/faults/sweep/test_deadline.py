"""An action that does not end by itself."""

import asyncio
import threading
import time
import unittest
from unittest import mock

from harness.faults.sweep import deadline
from harness.faults.sweep.deadline import Deadline, Overdue, TaskDeadline


class DeadlineTest(unittest.TestCase):
    def setUp(self):
        self.cut = threading.Event()
        self.enterContext(mock.patch.object(deadline, "GRACE", 0.05))

    def test_in_time_nothing_happens(self):
        with Deadline(60, self.cut.set) as limit:
            pass
        self.assertEqual((False, False), (limit.passed, self.cut.is_set()))

    def test_what_waits_for_a_connection_ends_when_that_is_cut(self):
        with Deadline(0.01, self.cut.set) as limit:
            self.assertTrue(self.cut.wait(30))
        self.assertTrue(limit.passed)

    def test_what_tries_for_ever_is_ended(self):
        with self.assertRaises(Overdue), Deadline(0.01, self.cut.set) as limit:
            while True:
                try:
                    time.sleep(0.001)
                except Exception:  # as a careless loop of attempts does
                    continue
        self.assertTrue(limit.passed)

    def test_nothing_is_raised_after_the_block(self):
        for _ in range(20):
            try:
                with Deadline(0.001, self.cut.set):
                    time.sleep(0.052)
            except Overdue:
                pass
            for _ in range(1000):
                pass


class TaskDeadlineTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.cut = threading.Event()
        self.enterContext(mock.patch.object(deadline, "GRACE", 0.05))

    async def test_in_time_nothing_happens(self):
        with TaskDeadline(60, self.cut.set) as limit:
            await asyncio.sleep(0)
        self.assertEqual((False, False), (limit.passed, self.cut.is_set()))

    async def test_what_waits_for_ever_is_ended(self):
        with self.assertRaises(Overdue), TaskDeadline(0.01, self.cut.set):
            await asyncio.Event().wait()
        self.assertEqual(0, asyncio.current_task().cancelling())

    async def test_what_tries_for_ever_is_ended(self):
        with self.assertRaises(Overdue), TaskDeadline(0.01, self.cut.set) as limit:
            while True:
                try:
                    await asyncio.sleep(0.001)
                except Exception:  # as a careless loop of attempts does
                    continue
        self.assertTrue(limit.passed)

    async def test_a_task_that_others_cancel_is_cancelled(self):
        async def wait():
            with TaskDeadline(60, self.cut.set):
                await asyncio.Event().wait()

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
