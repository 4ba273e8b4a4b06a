"""`eventually`: waiting for a condition without a test framework, and without blocking a loop."""

import asyncio
import time
import unittest
import weakref

from harness.core.tries import Terms
from harness.errors import ConfigurationError, ServiceDiedError
from harness.testing import eventually
from harness.testing.eventually_async import eventually_async
from tests.support.fakes import failing


class EventuallyTest(unittest.TestCase):
    def test_it_returns_what_the_probe_returned_last(self):
        values = iter([0, "", "hello"])

        self.assertEqual("hello", eventually(lambda: next(values)))

    def test_a_probe_of_assertions_holds_when_they_do(self):
        values = iter([1, 2, 3])

        self.assertIsNone(eventually(lambda: self.assertEqual(3, next(values))))

    def test_it_fails_as_an_assertion_does(self):
        with self.assertRaisesRegex(AssertionError, "did not succeed within 0.01 s"):
            eventually(lambda: False, within=0.01)

    def test_what_is_to_go_through_and_what_is_watched_end_it(self):
        with self.assertRaises(KeyError):
            eventually(failing(KeyError("x")), through=(KeyError,))
        with self.assertRaises(ServiceDiedError):
            eventually(lambda: False, watch=failing(ServiceDiedError("gone")))

    def test_its_arguments_are_checked(self):
        with self.assertRaisesRegex(ConfigurationError, "within=-1"):
            eventually(lambda: True, within=-1)


class AsyncTest(unittest.IsolatedAsyncioTestCase):
    async def test_a_probe_that_returns_something_to_await_is_awaited(self):
        values = iter([0, 1])

        async def probe():
            await asyncio.sleep(0)
            return next(values)

        self.assertEqual(1, await eventually_async(probe, Terms()))

    async def test_a_plain_probe_may_be_used_as_well(self):
        values = iter([0, 1])

        self.assertEqual(1, await eventually_async(lambda: next(values), Terms()))

    async def test_the_loop_goes_on_meanwhile(self):
        done = []

        async def work():
            await asyncio.sleep(0.01)
            done.append("work")

        task = asyncio.create_task(work())
        await eventually_async(lambda: done, Terms(30))

        self.assertEqual(["work"], done)
        await task

    async def test_the_loop_goes_on_while_the_watch_takes_its_time(self):
        gaps = []

        async def tick():
            while True:
                began = time.monotonic()
                await asyncio.sleep(0.001)
                gaps.append(time.monotonic() - began)

        task = asyncio.create_task(tick())
        with self.assertRaises(AssertionError):
            await eventually_async(lambda: False, Terms(0.01, watch=lambda: time.sleep(0.5)))

        task.cancel()
        self.assertLess(max(gaps), 0.45)

    async def test_what_the_watch_raises_ends_the_waiting(self):
        with self.assertRaises(ServiceDiedError):
            await eventually_async(
                lambda: False, Terms(60, watch=failing(ServiceDiedError("gone")))
            )

    async def test_a_try_that_waits_too_long_is_cancelled_at_the_deadline(self):
        cancelled = []

        async def probe():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append("probe")
                raise

        with self.assertRaises(AssertionError) as raised:
            await eventually_async(probe, Terms(0.05))

        text = str(raised.exception)
        self.assertEqual(["probe"], cancelled)
        self.assertRegex(
            text,
            r"1 try in 0\.\d+ s; the last still waited and was cancelled at the deadline\n",
        )
        self.assertIn("likely cause: what the probe awaits takes longer than that", text)
        self.assertIsInstance(raised.exception.__cause__, TimeoutError)

    async def test_the_outcome_before_the_cancelled_try_is_told(self):
        tries = []

        async def probe():
            tries.append(1)
            await asyncio.sleep(60 if len(tries) > 1 else 0)
            raise ValueError("no rows yet")

        with self.assertRaisesRegex(
            AssertionError, "cancelled at the deadline; the one before raised ValueError: no rows"
        ):
            await eventually_async(probe, Terms(0.05))

    async def test_a_try_that_begins_at_the_deadline_has_the_time_of_those_before(self):
        async def probe():
            await asyncio.sleep(0.05)
            return time.monotonic() - began > 0.52

        began = time.monotonic()

        self.assertTrue(await eventually_async(probe, Terms(0.5, every=60)))

    async def test_a_time_out_of_the_probes_own_is_a_failure_as_any_other(self):
        tries = []

        async def probe():
            tries.append(1)
            if len(tries) == 1:
                await asyncio.wait_for(asyncio.sleep(60), 0.001)
            return True

        self.assertTrue(await eventually_async(probe, Terms(30)))

    async def test_cancelling_the_test_cancels_the_probe(self):
        async def probe():
            await asyncio.sleep(60)

        task = asyncio.create_task(eventually_async(probe, Terms(60)))
        await asyncio.sleep(0.01)
        task.cancel()

        with self.assertRaises(asyncio.CancelledError):
            await task

    async def test_an_argument_is_refused_before_it_is_awaited(self):
        async def fetch():
            pass

        with self.assertRaisesRegex(ConfigurationError, "the probe is the coroutine fetch"):
            eventually_async(fetch(), Terms())

    async def test_the_time_counts_from_when_it_is_awaited(self):
        waiting = eventually_async(lambda: time.monotonic() > ready, Terms(0.15))
        await asyncio.sleep(0.2)
        ready = time.monotonic() + 0.02

        self.assertTrue(await waiting)

    async def test_what_the_probe_held_is_let_go(self):
        class Held:
            pass

        references = []

        async def probe():
            held = Held()
            references.append(weakref.ref(held))
            if len(references) == 1:
                raise ValueError

        await eventually_async(probe, Terms())

        self.assertIsNone(references[0]())
