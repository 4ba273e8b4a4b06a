"""The many ways in which unittest runs, skips and repeats a test."""

import unittest

from harness import HarnessTestCase
from harness.errors import LeakError, StartError
from tests.support.fakes import Fake, failing
from tests.support.inner import InnerTest


class SkippingTest(InnerTest):
    def test_a_test_that_is_skipped_by_a_decorator_keeps_its_reason(self):
        class Case(HarnessTestCase):
            db = self.db

            @unittest.skip("not on Sundays")
            def test(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertJournal("skip")
        self.assertEqual(["not on Sundays"], result.reasons)

    def test_a_class_that_is_skipped_by_a_decorator_starts_nothing(self):
        @unittest.skip("not on Sundays")
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertJournal("skip")

    def test_a_test_that_skips_itself_releases_its_leases(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                self.skipTest("no luck")

        self.run_inner(Case)

        self.assertEqual(["skip", "db release"], self.journal.entries[-2:])

    def test_a_test_that_skips_itself_and_leaks_is_an_error_too(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, releasing=failing(LeakError("a connection is open")))

            def test(self):
                self.db.use()
                self.skipTest("no luck")

        self.run_inner(Case)

        self.assertOutcomes("skip", "error")


class DebugTest(InnerTest):
    def debug(self, case):
        with self.printing():
            self.one(case).debug()

    def test_debug_releases_after_the_users_cleanups(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(lambda: self.db.use())

        self.debug(Case)

        self.assertJournal("db start", "db acquire", "db use", "db release")

    def test_debug_releases_though_the_test_fails(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                self.fail("sums differ")

        with self.assertRaisesRegex(AssertionError, "sums differ"):
            self.debug(Case)

        self.assertJournal("db start", "db acquire", "db use", "db release")

    def test_debug_raises_what_the_release_found(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, releasing=failing(LeakError("a connection is open")))

            def test(self):
                self.db.use()

        with self.assertRaisesRegex(LeakError, "a connection is open"):
            self.debug(Case)

    def test_debug_raises_an_outage_that_the_test_swallowed(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, starting=failing(StartError("no disk left")))

            def test(self):
                try:
                    self.db.use()
                except StartError:
                    pass

        with self.assertRaisesRegex(StartError, "no disk left"):
            self.debug(Case)

    def test_a_suite_can_be_debugged(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        with self.printing():
            self.suite(Case).debug()

        self.assertJournal("db start", "db acquire", "db use", "db release")


class RunningTest(InnerTest):
    def test_a_test_can_run_without_a_result(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        with self.printing():
            result = self.one(Case).run()

        self.assertEqual(1, result.testsRun)
        self.assertTrue(result.wasSuccessful())

    def test_run_returns_the_result_that_it_was_given(self):
        class Case(HarnessTestCase):
            def test(self):
                pass

        with self.printing():
            self.assertIs(self.result, self.one(Case).run(self.result))

    def test_one_instance_can_run_twice(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        test = self.one(Case)
        self.run_test(test)
        self.run_test(test)

        once = ["db acquire", "db use", "db release", "success"]
        self.assertJournal("db start", *once, *once)

    def test_after_cleanups_in_mid_test_the_next_touch_takes_another_lease(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                self.doCleanups()
                self.db.use()

        self.run_inner(Case)

        once = ["db acquire", "db use", "db release"]
        self.assertJournal("db start", *once, *once, "success")

    def test_failfast_stops_at_the_first_failure_and_releases(self):
        class Case(HarnessTestCase):
            db = self.db

            def test_1(self):
                self.db.use()
                self.fail("sums differ")

            def test_2(self):
                pass

        self.result.failfast = True
        result = self.run_inner(Case)

        self.assertEqual(1, result.testsRun)
        self.assertEqual("db release", self.journal.entries[-1])

    def test_failfast_stops_at_the_first_failing_subtest(self):
        class Case(HarnessTestCase):
            def test(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.fail("sums differ")

        self.result.failfast = True
        self.run_inner(Case)

        self.assertOutcomes("subtest failure")

    def test_class_cleanups_run_after_the_leases_are_released(self):
        note = self.journal.note

        class Case(HarnessTestCase):
            db = self.db

            @classmethod
            def setUpClass(cls):
                cls.addClassCleanup(note, "class clean-up")

            def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertEqual(["db release", "success", "class clean-up"], self.journal.entries[-3:])
