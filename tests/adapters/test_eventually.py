"""`assertEventually` of both test cases."""

import asyncio
import unittest

from harness import AsyncHarnessTestCase, HarnessTestCase
from harness.errors import ServiceDiedError
from tests.support.fakes import LoggingFake
from tests.support.inner import InnerTest

PROMPT = {"within": 60}  # a test that waits until its end fails by its length


class SyncTest(InnerTest):
    def test_it_returns_what_the_probe_returned_last(self):
        values = iter([0, 0, 3])

        class Case(HarnessTestCase):
            def test(self):
                self.assertEqual(3, self.assertEventually(lambda: next(values)))

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_condition_that_never_holds_is_a_failure_of_the_test(self):
        class Case(HarnessTestCase):
            def test(self):
                self.assertEventually(lambda: self.assertEqual(1, 2), within=0.01, msg="no mail")

        result = self.run_inner(Case)

        self.assertOutcomes("failure")
        text = result.failures[0][1]
        self.assertIn("did not succeed within 0.01 s", text)
        self.assertIn("the last raised AssertionError: 1 != 2", text)
        self.assertIn(": no mail\n", text)

    def test_the_trace_shows_the_users_own_lines_alone(self):
        class Case(HarnessTestCase):
            def test(self):
                self.assertEventually(lambda: self.assertEqual(1, 2), within=0.01)

        result = self.run_inner(Case)

        self.assertNotIn("tries.py", result.failures[0][1].replace("(test_eventually.py", ""))
        self.assertNotIn("adapters/unittest.py", result.failures[0][1])

    def test_the_failure_is_of_the_test_cases_own_kind(self):
        class OwnError(AssertionError):
            pass

        class Case(HarnessTestCase):
            failureException = OwnError

            def test(self):
                self.assertEventually(lambda: False, within=0)

        result = self.run_inner(Case)

        self.assertIsInstance(result.raised[0], OwnError)

    def test_a_skip_and_ctrl_c_in_the_probe_go_through(self):
        class Case(HarnessTestCase):
            def test(self):
                self.assertEventually(lambda: self.skipTest("not today"), **PROMPT)

        self.run_inner(Case)

        self.assertOutcomes("skip")

        def interrupt():
            raise KeyboardInterrupt

        Case.test = lambda case: case.assertEventually(interrupt, **PROMPT)
        with self.assertRaises(KeyboardInterrupt):
            self.run_inner(Case)

    def test_bad_arguments_are_errors_and_no_failures(self):
        class Case(HarnessTestCase):
            def test(self):
                self.assertEventually(True)

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("the probe True is a bool, which cannot be called", result.errors[0][1])


class DeathTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.db = LoggingFake(self.journal)

    def running(self):
        return self.environment.instance(self.db).running

    def wait(self, case):
        case.db.use()
        self.running().state = "killed by SIGKILL"
        case.assertEventually(lambda: False, **PROMPT)

    def test_a_service_that_dies_ends_the_waiting(self):
        class Case(HarnessTestCase):
            db = self.db

        Case.test = lambda case: self.wait(case)

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIsInstance(result.raised[0], ServiceDiedError)
        self.assertIn("fake on external died: killed by SIGKILL", result.errors[0][1])

    def test_a_death_is_never_an_expected_failure(self):
        class Case(HarnessTestCase):
            db = self.db

        Case.test = unittest.expectedFailure(lambda case: self.wait(case))

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_a_service_that_the_test_did_not_touch_is_not_looked_at(self):
        running = self.running()
        running.state = "killed by SIGKILL"

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.assertEventually(lambda: False, within=0.01)

        self.run_inner(Case)

        self.assertOutcomes("failure")

    def test_a_service_that_the_test_has_killed_may_be_waited_for(self):
        self.environment.instance(self.db).exclusive = True
        values = iter([0, 0, 1])

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.instance.kill()
                self.assertEventually(lambda: next(values), **PROMPT)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_it_ends_the_waiting_of_a_coroutine(self):
        running = self.running()

        class Case(AsyncHarnessTestCase):
            db = self.db

            async def test(self):
                self.db.use()
                running.state = "killed by SIGKILL"
                await self.assertEventually(lambda: False, **PROMPT)

        result = self.run_inner(Case)

        self.assertIsInstance(result.raised[0], ServiceDiedError)


class AsyncTest(InnerTest):
    def test_it_returns_what_the_probe_is_awaited_to(self):
        values = iter([0, 3])

        async def probe():
            await asyncio.sleep(0)
            return next(values)

        class Case(AsyncHarnessTestCase):
            async def test(self):
                self.assertEqual(3, await self.assertEventually(probe))

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_condition_that_never_holds_is_a_failure_of_the_test(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                await self.assertEventually(lambda: self.assertEqual(1, 2), within=0.01)

        result = self.run_inner(Case)

        self.assertOutcomes("failure")
        self.assertIn("the last raised AssertionError: 1 != 2", result.failures[0][1])
        self.assertNotIn("adapters/unittest_async.py", result.failures[0][1])

    def test_a_skip_in_the_probe_goes_through(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                await self.assertEventually(lambda: self.skipTest("not today"), **PROMPT)

        self.run_inner(Case)

        self.assertOutcomes("skip")

    def test_one_that_is_never_awaited_is_an_error_of_the_test(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                self.assertEventually(lambda: False)

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("assertEventually() was called and never awaited", result.errors[0][1])

    def test_one_that_a_task_awaits_is_awaited(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                await asyncio.create_task(self.assertEventually(lambda: True))

        self.run_inner(Case)

        self.assertOutcomes("success")
