"""`self.clock` and `self.freeze` of both test cases."""

import asyncio
import threading
import time
import unittest
from datetime import UTC, datetime

from harness import AsyncHarnessTestCase, HarnessTestCase
from harness.errors import ClockError
from harness.testing.clock import START, FakeClock
from tests.support.inner import InnerTest

FROZEN = datetime(2030, 1, 1, tzinfo=UTC).timestamp()


class ClockOfTestTest(InnerTest):
    def test_each_test_has_one_of_its_own_which_starts_at_the_same_instant(self):
        clocks = []

        class Case(HarnessTestCase):
            def test_one(self):
                clocks.append(self.clock)
                self.assertIs(self.clock, self.clock)
                self.assertEqual(START, self.clock.now())
                self.clock.advance(5)

            test_two = test_one

        self.run_inner(Case)

        self.assertOutcomes("success", "success")
        self.assertIsNot(*clocks)

    def test_a_second_run_of_a_test_has_a_new_one(self):
        class Case(HarnessTestCase):
            def test(self):
                self.assertEqual(START, self.clock.now())
                self.clock.advance(5)

        case = self.one(Case)
        self.run_test(case)
        self.run_test(case)

        self.assertOutcomes("success", "success")

    def test_a_class_gives_the_start(self):
        class Case(HarnessTestCase):
            clock_start = "2031-05-01T00:00Z"

            def test(self):
                self.assertEqual(2031, self.clock.now().year)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_start_without_a_time_zone_is_an_error_of_the_test(self):
        class Case(HarnessTestCase):
            clock_start = "2031-05-01"

            def test(self):
                self.clock.now()

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("has no time zone", str(result.raised[0]))

    def test_it_belongs_to_the_test_whichever_thread_asks_first(self):
        class Case(HarnessTestCase):
            def test(self):
                worker = threading.Thread(target=lambda: self.clock.sleep(5))
                worker.start()
                while "clock" not in vars(self):
                    time.sleep(0.001)
                self.clock.wait_for_sleepers()
                self.clock.sleep(5)
                worker.join()

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_used_after_its_test_it_says_whose_it_was(self):
        kept, raised = [], []

        def work():
            try:
                kept[0].sleep(5)
            except ClockError as error:
                raised.append(error)

        class Case(HarnessTestCase):
            def test(self):
                kept.append(self.clock)
                kept.append(threading.Thread(target=work))
                kept[1].start()
                self.clock.wait_for_sleepers()

        self.run_inner(Case)
        kept[1].join(60)

        self.assertOutcomes("success")
        with self.assertRaisesRegex(ClockError, r"its test .*Case\.test has ended"):
            kept[0].now()
        self.assertIn("Case.test has ended", str(raised[0]))

    def test_outside_of_a_test_there_is_none(self):
        class Case(HarnessTestCase):
            def test(self):
                pass

        for use in (lambda case: case.clock, lambda case: case.freeze("2030-01-01T00:00Z")):
            with self.assertRaisesRegex(ClockError, "is a test's own, and none is running"):
                use(Case("test"))

    def test_a_test_may_have_another(self):
        class Case(HarnessTestCase):
            def setUp(self):
                self.clock = FakeClock("2040-01-01T00:00Z")

            def test(self):
                self.assertEqual(2040, self.clock.now().year)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_in_coroutines_a_sleep_of_the_test_itself_moves_it(self):
        class Case(AsyncHarnessTestCase):
            async def asyncSetUp(self):
                await self.clock.asleep(1)

            async def asyncTearDown(self):
                await self.clock.asleep(1)
                self.assertEqual(1004, self.clock.monotonic())

            async def test(self):
                others = asyncio.create_task(self.clock.asleep(2))
                await self.clock.asleep(1)
                self.assertFalse(others.done())
                await self.clock.asleep(1)
                self.assertTrue(others.done())

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_task_that_sleeps_at_the_end_is_no_noise(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                self.task = asyncio.create_task(self.clock.asleep(5))
                await self.clock.await_for_sleepers()

        with self.assertNoLogs(level="ERROR"):  # a slow machine is a warning
            self.run_inner(Case)

        self.assertOutcomes("success")

    def test_marks_of_an_async_test_stay(self):
        class Case(AsyncHarnessTestCase):
            @unittest.expectedFailure
            async def test_a(self):
                self.assertEqual(1, 2)

            @unittest.skip("why")
            async def test_b(self):
                self.fail()

        self.run_inner(Case)

        self.assertJournal("expected failure", "skip")


class FreezeOfTestTest(InnerTest):
    def check_real(self):
        self.assertNotEqual(FROZEN, time.time())
        self.assertIs(datetime, type(datetime.now()))

    def test_it_lasts_to_the_end_of_the_test(self):
        class Case(HarnessTestCase):
            def test_a(self):
                self.addCleanup(lambda: self.assertNotEqual(FROZEN, time.time()))
                self.freeze("2030-01-01T00:00Z")
                self.assertEqual(FROZEN, time.time())

            def test_b(self):
                self.assertNotEqual(FROZEN, time.time())

        self.run_inner(Case)

        self.assertOutcomes("success", "success")

    def test_it_lasts_to_the_end_of_its_block(self):
        class Case(HarnessTestCase):
            def test(self):
                for _ in range(2):
                    with self.freeze("2030-01-01T00:00Z"):
                        self.assertEqual(FROZEN, time.time())
                    self.assertNotEqual(FROZEN, time.time())

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_it_is_undone_after_a_failure_also_without_clean_ups(self):
        class Case(HarnessTestCase):
            def test(self):
                self.freeze("2030-01-01T00:00Z")
                raise KeyError

        self.run_inner(Case)
        self.check_real()
        with self.assertRaises(KeyError):
            self.one(Case).debug()
        self.check_real()
        self.assertOutcomes("error")

    def test_an_interrupted_test_undoes_it(self):
        class Case(HarnessTestCase):
            def test(self):
                self.freeze("2030-01-01T00:00Z")
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_inner(Case)
        self.check_real()

    def test_a_wait_for_something_ends_in_real_time(self):
        class Case(HarnessTestCase):
            def test(self):
                self.freeze("2030-01-01T00:00Z")
                self.assertEventually(lambda: self.assertNotEqual(FROZEN, time.time()), within=0.05)

        class Coroutine(AsyncHarnessTestCase):
            async def test(self):
                self.freeze("2030-01-01T00:00Z")
                await asyncio.sleep(0.001)
                await self.assertEventually(lambda: time.time() != FROZEN, within=0.05)

        self.run_inner(Case, Coroutine)

        self.assertOutcomes("failure", "failure")

    def test_it_follows_the_tests_clock(self):
        class Case(HarnessTestCase):
            clock_start = "2030-01-01T00:00Z"

            def test(self):
                seen = []
                frozen = self.freeze(self.clock)
                self.clock.call_later(60, lambda: seen.append(time.time()))
                self.clock.advance(hours=1)
                frozen.advance(hours=1)

                self.assertEqual([FROZEN + 60], seen)
                self.assertEqual(FROZEN + 7200, time.time())
                self.assertEqual(FROZEN + 7200, self.clock.time())

        self.run_inner(Case)

        self.assertOutcomes("success")
