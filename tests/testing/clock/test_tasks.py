"""Tasks of asyncio that sleep on a `FakeClock`."""

import asyncio
import threading
import unittest

from harness.errors import ClockError, ClockStalledError
from harness.testing.clock import FakeClock


class TasksTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.clock = FakeClock("2030-01-01T00:00Z")
        self.said = []

    def say(self, word):
        self.said.append((word, self.clock.monotonic() - 1000))

    async def nap(self, word, *naps):
        for seconds in naps:
            await self.clock.asleep(seconds)
            self.say(word)

    async def test_each_wakes_at_its_own_instant_and_may_sleep_again(self):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.nap("a", 2, 2, 2))
            tasks.create_task(self.nap("b", 3, 3))
            await self.clock.await_for_sleepers(2)
            await self.clock.aadvance(6)

        self.assertEqual([("a", 2), ("b", 3), ("a", 4)], self.said[:3])
        self.assertCountEqual([("a", 6), ("b", 6)], self.said[3:])

    async def test_the_real_waits_of_one_that_woke_are_waited_for(self):
        async def work():
            for _ in range(3):
                await self.clock.asleep(10)
                await asyncio.sleep(0.02)
                self.say("worked")

        task = asyncio.create_task(work())
        await self.clock.await_for_sleepers()
        await self.clock.aadvance(minutes=1)

        self.assertEqual([("worked", 10), ("worked", 20), ("worked", 30)], self.said)
        await task

    async def test_a_sleep_of_its_owner_moves_it_and_wakes_the_others(self):
        self.clock.own()
        task = asyncio.create_task(self.nap("task", 1))
        await self.clock.await_for_sleepers()
        await self.clock.asleep(2)

        self.assertEqual([("task", 1)], self.said)
        self.assertEqual(1002, self.clock.monotonic())
        await task

    async def test_a_time_limit_of_the_code_under_test_comes_before_a_longer_sleep(self):
        async def limited():
            work = asyncio.create_task(self.clock.asleep(30))
            limit = asyncio.create_task(self.clock.asleep(10))
            await asyncio.wait([work, limit], return_when=asyncio.FIRST_COMPLETED)
            self.say("limit" if limit.done() else "work")
            work.cancel()

        task = asyncio.create_task(limited())
        await self.clock.await_for_sleepers(2)
        await self.clock.aadvance_to("2030-01-01T00:01Z")
        await task

        self.assertEqual("limit", self.said[0][0])

    async def test_threads_and_tasks_wake_in_one_order(self):
        def nap():
            self.clock.sleep(1)
            self.say("thread")

        work = asyncio.gather(self.nap("task", 2), asyncio.to_thread(nap))
        await self.clock.await_for_sleepers(2)
        await self.clock.aadvance(3)
        await work

        self.assertEqual([("thread", 1), ("task", 2)], self.said)

    async def test_a_plain_advance_wakes_tasks_when_the_loop_goes_on(self):
        task = asyncio.create_task(self.nap("task", 1))
        await self.clock.await_for_sleepers()
        self.clock.advance(5)
        self.assertEqual([], self.said)
        await task

        self.assertEqual([("task", 5)], self.said)

    async def test_a_cancelled_sleep_is_forgotten(self):
        task = asyncio.create_task(self.nap("task", 1))
        await self.clock.await_for_sleepers()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with self.assertRaisesRegex(ClockStalledError, "0 of 1 sleep"):
            await self.clock.await_for_sleepers(within=0.01)

    async def test_a_move_that_was_cancelled_lets_another_move(self):
        self.clock.settle = 60
        gate = asyncio.Event()

        async def work():
            await self.clock.asleep(1)
            await gate.wait()

        task = asyncio.create_task(work())
        await self.clock.await_for_sleepers()
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.05):
                await self.clock.aadvance(5)
        await self.clock.aadvance(5)
        gate.set()
        await task

        self.assertEqual(1006, self.clock.monotonic())

    async def test_two_tasks_that_move_it_are_told(self):
        self.clock.settle = 0.1
        gate = asyncio.Event()

        async def work():
            await self.clock.asleep(1)
            await gate.wait()

        task = asyncio.create_task(work())
        await self.clock.await_for_sleepers()
        moves = [asyncio.create_task(self.clock.aadvance(5)) for _ in range(2)]
        outcomes = await asyncio.gather(*moves, return_exceptions=True)
        gate.set()
        await task

        self.assertIsNone(outcomes[0])
        self.assertIsInstance(outcomes[1], ClockError)
        self.assertIn("a second thread or task", str(outcomes[1]))

    async def test_awaiting_a_sleeper_for_ever_is_told(self):
        self.clock.patience = 0.05
        with self.assertRaises(ClockStalledError) as caught:
            await asyncio.create_task(self.clock.asleep(5), name="worker")

        self.assertIn("task worker sleeps, and nobody has moved the clock", str(caught.exception))
        self.assertIn("    task worker sleeps until 2030-01-01 00:00:05", str(caught.exception))

    async def test_closing_it_wakes_who_sleeps_with_an_error(self):
        task = asyncio.create_task(self.clock.asleep(5))
        await self.clock.await_for_sleepers()
        self.clock.close()
        with self.assertRaisesRegex(ClockError, "not to be used any more: it was closed"):
            await task

    async def test_negative_sleeps_are_refused(self):
        with self.assertRaisesRegex(ClockError, "-1 is a negative time"):
            await self.clock.asleep(-1)


class LoopInAThreadTest(unittest.TestCase):
    def test_a_plain_advance_waits_for_the_tasks_of_a_loop_elsewhere(self):
        clock, seen = FakeClock(), []

        async def work():
            for _ in range(3):
                await clock.asleep(10)
                seen.append(clock.monotonic())

        thread = threading.Thread(target=asyncio.run, args=[work()])
        thread.start()
        clock.wait_for_sleepers()
        clock.advance(60)
        thread.join(60)

        self.assertEqual([1010, 1020, 1030], seen)
