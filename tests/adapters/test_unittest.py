"""When a lease is taken, who shares it, and when it is released."""

import threading
import unittest

from harness import HarnessTestCase
from harness.errors import StartError
from tests.support.fakes import Fake
from tests.support.inner import InnerTest


class TakingALeaseTest(InnerTest):
    def test_a_test_that_touches_no_service_starts_none(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                pass

        self.run_inner(Case)

        self.assertJournal("success")

    def test_a_lease_is_taken_at_the_first_touch(self):
        note = self.journal.note

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                note("before")
                self.db.use()
                self.db.use()

        self.run_inner(Case)

        self.assertJournal(
            "before", "db start", "db acquire", "db use", "db use", "db release", "success"
        )

    def test_each_test_has_a_lease_of_its_own_on_one_instance(self):
        class Case(HarnessTestCase):
            db = self.db

            def test_one(self):
                self.db.use()

            def test_two(self):
                self.db.use()

        self.run_inner(Case)

        self.assertEqual(1, self.journal.count("db start"))
        self.assertEqual(2, self.journal.count("db acquire"))
        self.assertEqual(2, self.journal.count("db release"))

    def test_equal_services_share_one_lease(self):
        class Case(HarnessTestCase):
            db = self.db
            same = Fake(self.journal)

            def test(self):
                self.assertIs(self.db, self.same)

        self.run_inner(Case)

        self.assertEqual(1, self.journal.count("db acquire"))

    def test_a_name_keeps_two_equal_services_apart(self):
        class Case(HarnessTestCase):
            db = self.db
            other = Fake(self.journal, name="other")

            def test(self):
                self.assertIsNot(self.db, self.other)

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_subclass_inherits_the_services(self):
        class Base(HarnessTestCase):
            db = self.db

        class Case(Base):
            cache = Fake(self.journal, name="cache")

            def test(self):
                self.db.use()
                self.cache.use()

        self.run_inner(Case)

        self.assertEqual(1, self.journal.count("db release"))
        self.assertEqual(1, self.journal.count("cache release"))

    def test_a_subclass_can_override_a_service_with_another(self):
        class Base(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        class Case(Base):
            db = Fake(self.journal, name="other")

        self.run_inner(Case)

        self.assertJournal("other start", "other acquire", "other use", "other release", "success")

    def test_threads_that_touch_at_once_take_one_lease(self):
        barrier = threading.Barrier(16, timeout=10)
        seen = []

        class Case(HarnessTestCase):
            db = self.db

            def touch(self):
                barrier.wait()
                seen.append(self.db)

            def test(self):
                threads = [threading.Thread(target=self.touch) for _ in range(16)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

        self.run_inner(Case)

        self.assertEqual(16, len(seen))
        self.assertEqual(1, len(set(seen)))
        self.assertJournal("db start", "db acquire", "db release", "success")


class StartingTest(InnerTest):
    def test_the_services_of_a_class_start_side_by_side(self):
        together = threading.Barrier(2, timeout=10)

        class Case(HarnessTestCase):
            db = Fake(self.journal, starting=together.wait)
            cache = Fake(self.journal, name="cache", starting=together.wait)

            def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_touch_waits_for_its_own_service_only(self):
        touched = threading.Event()

        class Case(HarnessTestCase):
            db = self.db
            slow = Fake(self.journal, name="slow", starting=lambda: touched.wait(10))

            def test(self):
                self.db.use()
                touched.set()

        self.run_inner(Case)

        self.assertOutcomes("success")
        self.assertTrue(touched.is_set())

    def test_a_failed_start_is_kept_until_its_own_service_is_touched(self):
        def fail():
            raise StartError("no disk left")

        class Case(HarnessTestCase):
            db = self.db
            broken = Fake(self.journal, name="broken", starting=fail)

            def test_1_touches_the_sound_one(self):
                self.db.use()

            def test_2_touches_the_broken_one(self):
                self.broken.use()

        result = self.run_inner(Case)

        self.assertOutcomes("success", "error")
        self.assertIn("no disk left", result.errors[0][1])
        self.assertEqual(1, self.journal.count("broken start"))


class OrderTest(InnerTest):
    def test_a_lease_is_released_after_the_users_own_cleanups(self):
        note = self.journal.note

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(lambda: note(f"{self.db.use()} before the touch"))
                self.db.use()
                self.addCleanup(lambda: note(f"{self.db.use()} after the touch"))

            def tearDown(self):
                note("tearDown")

        self.run_inner(Case)

        self.assertJournal(
            "db start",
            "db acquire",
            "db use",
            "tearDown",
            "db use",
            "None after the touch",
            "db use",
            "None before the touch",
            "db release",
            "success",
        )

    def test_a_lease_taken_in_a_cleanup_is_released(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(lambda: self.db.use())

        self.run_inner(Case)

        self.assertJournal("db start", "db acquire", "db use", "db release", "success")

    def test_the_lease_taken_last_is_released_first(self):
        class Case(HarnessTestCase):
            db = self.db
            cache = Fake(self.journal, name="cache")

            def test(self):
                self.cache.use()
                self.db.use()

        self.run_inner(Case)

        self.assertEqual(["db release", "cache release", "success"], self.journal.entries[-3:])

    def test_a_lease_works_in_setup_test_and_teardown(self):
        class Case(HarnessTestCase):
            db = self.db

            def setUp(self):
                self.db.use()

            test = tearDown = setUp

        self.run_inner(Case)

        self.assertEqual(3, self.journal.count("db use"))
        self.assertEqual(1, self.journal.count("db acquire"))

    def test_nothing_depends_on_a_subclass_calling_super(self):
        class Case(HarnessTestCase):
            db = self.db

            def __init__(self, method):
                unittest.TestCase.__init__(self, method)

            @classmethod
            def setUpClass(cls):
                pass

            @classmethod
            def tearDownClass(cls):
                pass

            def setUp(self):
                pass

            def tearDown(self):
                pass

            def test(self):
                self.db.use()

        self.run_inner(Case)

        self.assertJournal("db start", "db acquire", "db use", "db release", "success")

    def test_a_lease_lasts_through_all_subtests(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                for number in range(2):
                    with self.subTest(number=number):
                        self.db.use()

        self.run_inner(Case)

        self.assertEqual(1, self.journal.count("db acquire"))
        self.assertOutcomes("subtest success", "subtest success", "success")
