"""What a test draws follows from the seed and the test alone."""

import random
import unittest

from harness import Environment, HarnessTestCase
from tests.support import fakes
from tests.support.fakes import SEED
from tests.support.inner import InnerTest


class SeedTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.drawn = drawn = {}

        class Case(HarnessTestCase):
            def draw(self):
                drawn[self.id().rpartition(".")[2]] = (self.rng.random(), random.random())

            test_one = test_two = test_three = draw

        self.Case = Case

    def draw(self, *names):
        """Return what tests draw that run in this order."""
        self.drawn.clear()
        self.run_test(unittest.TestSuite(self.one(self.Case, name) for name in names))
        return dict(self.drawn)

    def test_the_order_does_not_change_what_a_test_draws(self):
        forwards = self.draw("test_one", "test_two", "test_three")
        backwards = self.draw("test_three", "test_two", "test_one")

        self.assertEqual(forwards, backwards)

    def test_the_selection_does_not_change_what_a_test_draws(self):
        everything = self.draw("test_one", "test_two", "test_three")

        self.assertEqual({"test_two": everything["test_two"]}, self.draw("test_two"))

    def test_what_ran_before_does_not_change_what_a_test_draws(self):
        first = self.draw("test_one")
        random.seed(0)

        self.assertEqual(first, self.draw("test_one"))

    def test_each_test_draws_its_own(self):
        drawn = self.draw("test_one", "test_two", "test_three")

        self.assertEqual(3, len({own for own, _ in drawn.values()}))
        self.assertEqual(3, len({shared for _, shared in drawn.values()}))

    def test_another_seed_changes_what_a_test_draws(self):
        before = self.draw("test_one")
        self.use(Environment(seed="8"))

        self.assertNotEqual(before, self.draw("test_one"))

    def test_a_lease_draws_from_the_random_numbers_of_its_test(self):
        drawn = self.drawn

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                drawn["same"] = self.db.rng is self.rng

        self.run_inner(Case)

        self.assertEqual({"same": True}, drawn)

    def test_a_lease_outside_a_test_draws_from_the_seed_of_the_run(self):
        drawn = []
        for seed in ("7", "7", "8"):
            self.use(fakes.environment(TEST_SEED=seed))
            with self.environment.lease(self.db) as lease:
                drawn.append(lease.rng.random())

        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

    def test_a_second_run_of_one_instance_draws_the_same(self):
        test = self.one(self.Case, "test_one")

        self.run_test(test)
        first = self.drawn["test_one"]
        self.run_test(test)

        self.assertEqual(first, self.drawn["test_one"])

    def test_a_test_keeps_one_stream_from_setup_to_cleanup(self):
        drawn = []

        class Case(HarnessTestCase):
            def setUp(self):
                self.addCleanup(lambda: drawn.append(self.rng.random()))
                drawn.append(self.rng.random())

            def test(self):
                drawn.append(self.rng.random())

        self.run_inner(Case)

        self.assertEqual(3, len(set(drawn)))

    def test_the_seed_is_printed_once(self):
        self.draw("test_one", "test_two")

        self.assertEqual(
            f"harness: seed {SEED} (TEST_SEED={SEED} repeats this run's random choices)\n",
            self.printed,
        )
