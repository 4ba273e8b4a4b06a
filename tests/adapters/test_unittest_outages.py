"""A service that fails is one error of the test that touched it, whatever the test does with it."""

import unittest

from harness import HarnessTestCase
from harness.errors import ServiceDiedError, StartError
from tests.support.fakes import Fake, failing
from tests.support.inner import InnerTest


class OutageTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.db = Fake(self.journal, starting=failing(StartError("no disk left")))

    def test_an_outage_is_an_error_of_the_test(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("harness.errors.StartError: no disk left", result.errors[0][1])

    def test_an_outage_is_never_an_expected_failure(self):
        class Case(HarnessTestCase):
            db = self.db

            @unittest.expectedFailure
            def test(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("no disk left", result.errors[0][1])

    def test_an_outage_that_the_test_swallows_is_an_error_all_the_same(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                try:
                    self.db.use()
                except Exception:
                    pass

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_an_outage_that_the_test_expected_of_its_code_is_an_error_all_the_same(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                with self.assertRaises(Exception):  # noqa: B017 - as careless as users are
                    self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_an_outage_in_setup_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def setUp(self):
                self.db.use()

            def test(self):
                raise AssertionError("not reached")

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_an_outage_seen_by_the_test_and_its_cleanup_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(lambda: self.db.use())
                self.db.use()

            def tearDown(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_an_outage_seen_by_every_subtest_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("subtest failure")

    def test_an_outage_reraised_as_the_codes_own_error_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                try:
                    self.db.use()
                except StartError as error:
                    raise RuntimeError("the shop is closed") from error

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn("no disk left", result.errors[0][1])
        self.assertIn("the shop is closed", result.errors[0][1])

    def test_an_outage_inside_an_exception_group_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                outages = []
                try:
                    self.db.use()
                except StartError as error:
                    outages.append(error)
                raise ExceptionGroup("tasks", [ValueError(), ExceptionGroup("more", outages)])

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_a_failed_lease_is_not_tried_again_in_the_same_test(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, leasing=failing(OSError("no more databases")))

            def test(self):
                self.addCleanup(lambda: self.db.use())
                self.db.use()

        self.run_inner(Case)

        self.assertJournal("db start", "db acquire", "error")

    def test_each_test_that_touches_a_failed_service_gets_the_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test_one(self):
                self.db.use()

            def test_two(self):
                self.db.use()

        self.run_inner(Case)

        self.assertJournal("db start", "error", "error")

    def test_a_failure_of_another_kind_stays_beside_the_outage(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                try:
                    self.db.use()
                except StartError:
                    pass
                self.fail("sums differ")

        self.run_inner(Case)

        self.assertOutcomes("failure", "error")

    def test_a_start_that_breaks_unexpectedly_is_an_error_of_the_test_alone(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, starting=failing(RuntimeError("a bug")))

            def test_one(self):
                self.db.use()

            def test_two(self):
                pass

        self.run_inner(Case)

        self.assertOutcomes("error", "success")

    def test_a_start_that_breaks_unexpectedly_shows_each_test_its_own_traceback(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, starting=failing(RuntimeError("a bug")))

            def test_one(self):
                self.db.use()

            def test_two(self):
                self.db.use()

        result = self.run_inner(Case)

        (_, one), (_, two) = result.errors
        self.assertNotIn("in test_two", one)
        self.assertNotIn("in test_one", two)


class DeathTest(InnerTest):
    def test_a_server_that_dies_during_a_test_is_an_error_though_the_code_swallows_it(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                try:
                    self.db.lose(ServiceDiedError("killed"))
                except ServiceDiedError:
                    pass

        self.run_inner(Case)

        self.assertJournal("db start", "db acquire", "db release", "error")

    def test_a_server_that_dies_during_a_test_is_never_an_expected_failure(self):
        class Case(HarnessTestCase):
            db = self.db

            @unittest.expectedFailure
            def test(self):
                self.db.lose(ServiceDiedError("killed"))

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_a_death_that_the_test_reports_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.lose(ServiceDiedError("killed"))

        self.run_inner(Case)

        self.assertOutcomes("error")

    def test_a_dead_server_that_is_touched_again_and_again_is_one_error(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(lambda: self.db.lose(ServiceDiedError("killed")))
                with self.subTest():
                    self.db.lose(ServiceDiedError("killed"))
                self.db.lose(ServiceDiedError("killed"))

        self.run_inner(Case)

        self.assertOutcomes("subtest failure")
