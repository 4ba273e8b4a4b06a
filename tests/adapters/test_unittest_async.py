"""The same rules for coroutines; services start before the event loop does."""

import asyncio
import unittest

from harness import AsyncHarnessTestCase
from harness.errors import LeakError, StartError
from tests.support.fakes import Fake, empty_environment, failing
from tests.support.inner import InnerTest


def fail_inside_a_loop():
    """Do nothing where no event loop is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AssertionError("called inside the event loop")


class AsyncTest(InnerTest):
    def test_services_start_before_the_loop_and_the_lease_is_released_last(self):
        note = self.journal.note

        class Case(AsyncHarnessTestCase):
            db = self.db

            async def clean_up(self):
                self.db.use()

            async def asyncSetUp(self):
                note("asyncSetUp")

            async def test(self):
                self.addAsyncCleanup(self.clean_up)
                self.db.use()

            async def asyncTearDown(self):
                note("asyncTearDown")

        self.run_inner(Case)

        self.assertJournal(
            "db start",
            "asyncSetUp",
            "db acquire",
            "db use",
            "asyncTearDown",
            "db use",
            "db release",
            "success",
        )

    def test_a_lease_is_released_outside_the_running_loop(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, releasing=fail_inside_a_loop)

            async def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_nothing_depends_on_a_subclass_calling_super(self):
        class Case(AsyncHarnessTestCase):
            db = self.db

            def __init__(self, method):
                unittest.IsolatedAsyncioTestCase.__init__(self, method)

            async def asyncSetUp(self):
                pass

            async def asyncTearDown(self):
                pass

            async def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertEqual(["db release", "success"], self.journal.entries[-2:])

    def test_an_outage_is_an_error_of_the_test_that_touches_it(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, starting=failing(StartError("no disk left")))

            async def test_1_touches_it(self):
                self.db.use()

            async def test_2_does_not(self):
                pass

        self.run_inner(Case)

        self.assertJournal("db start", "error", "success")

    def test_an_outage_in_a_task_is_one_error(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, starting=failing(StartError("no disk left")))

            async def touch(self):
                self.db.use()

            async def test(self):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self.touch())

        self.run_inner(Case)

        self.assertJournal("db start", "error")

    def test_an_outage_is_never_an_expected_failure(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, starting=failing(StartError("no disk left")))

            @unittest.expectedFailure
            async def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_a_start_that_breaks_unexpectedly_is_an_error_of_the_test_alone(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, starting=failing(RuntimeError("a bug")))

            async def test_1_touches_it(self):
                self.db.use()

            async def test_2_does_not(self):
                pass

        self.run_inner(Case)

        self.assertOutcomes("error", "success")

    def test_a_failed_release_fails_the_test(self):
        class Case(AsyncHarnessTestCase):
            db = Fake(self.journal, releasing=failing(LeakError("a connection is open")))

            async def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_ctrl_c_releases_the_leases(self):
        class Case(AsyncHarnessTestCase):
            db = self.db

            async def test(self):
                self.db.use()
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_inner(Case)

        self.assertEqual("db release", self.journal.entries[-1])

    def test_a_test_that_is_skipped_by_a_decorator_starts_nothing(self):
        class Case(AsyncHarnessTestCase):
            db = self.db

            @unittest.skip("not on Sundays")
            async def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertJournal("skip")

    def test_each_test_is_skipped_where_no_provider_fits(self):
        self.use(empty_environment())

        class Case(AsyncHarnessTestCase):
            db = self.db

            async def test(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertJournal("skip")
        self.assertIn("FAKE_URL is not set", result.reasons[0])

    def test_debug_releases_the_leases(self):
        class Case(AsyncHarnessTestCase):
            db = self.db

            async def test(self):
                self.db.use()

        with self.printing():
            self.one(Case).debug()

        self.assertJournal("db start", "db acquire", "db use", "db release")

    def test_tasks_share_the_lease_of_their_test(self):
        class Case(AsyncHarnessTestCase):
            db = self.db

            async def touch(self):
                return self.db

            async def test(self):
                one, other = await asyncio.gather(self.touch(), self.touch())
                self.assertIs(one, other)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_failure_carries_the_command_that_repeats_it(self):
        class Case(AsyncHarnessTestCase):
            async def test(self):
                self.fail("sums differ")

        result = self.run_inner(Case)

        self.assertIn("harness: repeat with: TEST_SEED=7 python -m ", result.failures[0][1])
