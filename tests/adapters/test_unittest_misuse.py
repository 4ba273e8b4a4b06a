"""What a service says that is touched in the wrong place, or treated as what it is not."""

import threading

from harness import HarnessTestCase
from harness.errors import LeaseError, NotALeaseError
from tests.support.inner import InnerTest


class MisuseTest(InnerTest):
    def test_a_service_on_its_class_is_not_a_lease(self):
        class Case(HarnessTestCase):
            db = self.db

            @classmethod
            def setUpClass(cls):
                cls.db.use()

        with self.assertRaises(NotALeaseError) as caught:
            Case.setUpClass()

        self.assertEqual(
            "Fake(name='db') is a service, not a lease: it has no attribute 'use'\n"
            "  likely cause: a lease is held in setUp, in a test and in its clean-ups; "
            "in setUpClass there is none\n"
            "  next: use self.<name>.use in a test, "
            "or `with Environment() as env, env.lease(...) as lease: lease.use`",
            str(caught.exception),
        )

    def test_a_lease_cannot_be_assigned_to(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db = 3

        result = self.run_inner(Case)

        self.assertOutcomes("error")
        self.assertIn(
            "harness.errors.LeaseError: the lease of Fake(name='db') cannot be assigned to\n"
            "  likely cause: the attribute declares a service for the whole class\n"
            "  next: give your own object another name, or override the attribute in a subclass\n",
            result.errors[0][1],
        )

    def test_a_service_touched_outside_a_test_says_so(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                pass

        with self.assertRaises(LeaseError) as caught:
            self.one(Case).db.use()

        self.assertEqual(
            "Fake(name='db') was touched outside a running test\n"
            "  likely cause: "
            "a lease lives from the start of setUp to the last clean-up of one test\n"
            "  next: touch it in setUp, in the test or in a clean-up; "
            "elsewhere use Environment().lease(...)",
            str(caught.exception),
        )

    def test_a_service_cannot_be_touched_after_its_test(self):
        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        test = self.one(Case)
        self.run_test(test)

        with self.assertRaisesRegex(LeaseError, "touched outside a running test"):
            test.db.use()

    def test_a_thread_that_outlives_its_test_is_told_that_its_lease_is_released(self):
        over = threading.Event()
        caught = []

        class Case(HarnessTestCase):
            db = self.db

            def linger(self, lease):
                over.wait(10)
                try:
                    lease.use()
                except LeaseError as error:
                    caught.append(str(error))

            def test(self):
                self.thread = threading.Thread(target=self.linger, args=[self.db])
                self.thread.start()

        test = self.one(Case)
        self.run_test(test)
        over.set()
        test.thread.join()

        self.assertEqual(
            [
                "this lease of Fake(name='db') was released\n"
                "  likely cause: it was kept, by a thread or a variable, longer than its test\n"
                "  next: read it anew from the test case, and join threads before the test ends"
            ],
            caught,
        )
