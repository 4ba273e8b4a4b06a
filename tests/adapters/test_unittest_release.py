"""Releasing the leases: it can fail the test, and happens whatever ends the test."""

import unittest

from harness import HarnessTestCase
from harness.errors import LeakError
from tests.support.fakes import Fake, failing
from tests.support.inner import InnerTest


class FailedReleaseTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.leaking = Fake(self.journal, releasing=failing(LeakError("a connection is open")))

    def test_a_failed_release_fails_the_test(self):
        class Case(HarnessTestCase):
            db = self.leaking

            def test(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertJournal("db start", "db acquire", "db use", "db release", "error")
        self.assertIn("LeakError: a connection is open", result.errors[0][1])

    def test_a_failing_test_that_also_leaks_shows_its_own_failure_first(self):
        class Case(HarnessTestCase):
            db = self.leaking

            def test(self):
                self.db.use()
                self.fail("sums differ")

        self.run_inner(Case)

        self.assertOutcomes("failure", "error")

    def test_a_failed_release_is_never_an_expected_failure(self):
        class Case(HarnessTestCase):
            db = self.leaking

            @unittest.expectedFailure
            def test(self):
                self.db.use()
                self.fail("expected")

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_all_leases_are_released_though_each_release_fails(self):
        class Case(HarnessTestCase):
            db = self.leaking
            cache = Fake(self.journal, name="cache", releasing=failing(OSError("refused")))

            def test(self):
                self.db.use()
                self.cache.use()

        result = self.run_inner(Case)

        self.assertEqual(["cache release", "db release", "error"], self.journal.entries[-3:])
        self.assertIn("2 clean-up(s) of the leases of a test failed", result.errors[0][1])
        self.assertIn("- refused", result.errors[0][1])
        self.assertIn("- a connection is open", result.errors[0][1])

    def test_the_next_test_is_not_blamed(self):
        class Case(HarnessTestCase):
            db = self.leaking

            def test_1_leaks(self):
                self.db.use()

            def test_2_touches_nothing(self):
                pass

        self.run_inner(Case)

        self.assertOutcomes("error", "success")

    def test_an_expected_failure_without_an_outage_stays_one(self):
        class Case(HarnessTestCase):
            db = self.db

            @unittest.expectedFailure
            def test(self):
                self.db.use()
                self.fail("expected")

        self.run_inner(Case)

        self.assertEqual(["db release", "expected failure"], self.journal.entries[-2:])

    def test_an_expected_failure_that_passes_is_an_unexpected_success(self):
        class Case(HarnessTestCase):
            db = self.db

            @unittest.expectedFailure
            def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("unexpected success")


class InterruptTest(InnerTest):
    def assertInterrupts(self, case):
        with self.assertRaises(KeyboardInterrupt):
            self.run_inner(case)
        self.assertEqual("db release", self.journal.entries[-1])

    def test_ctrl_c_in_a_test_releases_its_leases(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                raise KeyboardInterrupt

        self.assertInterrupts(Case)

    def test_ctrl_c_in_setup_releases_the_leases(self):
        class Case(HarnessTestCase):
            db = self.db

            def setUp(self):
                self.db.use()
                raise KeyboardInterrupt

            def test(self):
                pass

        self.assertInterrupts(Case)

    def test_ctrl_c_in_a_cleanup_releases_the_leases(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                self.addCleanup(failing(KeyboardInterrupt()))

        self.assertInterrupts(Case)

    def test_ctrl_c_gets_through_a_failing_release(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, releasing=failing(LeakError("a connection is open")))

            def test(self):
                self.db.use()
                raise KeyboardInterrupt

        self.assertInterrupts(Case)

        self.assertRegex(
            self.printed,
            r"harness: while releasing what \S+\.Case\.test held: a connection is open\n",
        )

    def test_a_lease_is_not_taken_again_after_ctrl_c(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                raise KeyboardInterrupt

        test = self.one(Case)
        with self.assertRaises(KeyboardInterrupt):
            self.run_test(test)

        with self.assertRaisesRegex(Exception, "touched outside a running test"):
            test.db.use()

    def test_an_exit_is_an_error_of_the_test_and_releases_its_leases(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                raise SystemExit(3)

        self.run_inner(Case)

        self.assertEqual(["error", "db release"], self.journal.entries[-2:])
