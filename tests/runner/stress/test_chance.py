"""How often a test fails, by some runs of it."""

import random
import unittest

from harness.runner.stress.chance import by_chance, highest, interval, percent, tries_for


class ChanceTest(unittest.TestCase):
    def test_the_highest_rate_is_about_three_by_the_number_of_runs(self):
        for runs in 20, 300, 10_000:
            self.assertAlmostEqual(3 / runs, highest(runs), delta=0.1 * 3 / runs)
            self.assertAlmostEqual(0.05, (1 - highest(runs)) ** runs)

    def test_the_interval_holds_the_true_rate_in_95_of_100_samples(self):
        rng = random.Random(5)
        for rate in 0.02, 0.3, 0.9:
            held = 0
            for _ in range(1000):
                failed = sum(rng.random() < rate for _ in range(60))
                low, high = interval(failed, 60)
                held += low <= rate <= high
            self.assertGreater(held, 910, rate)

    def test_so_many_tries_miss_a_failure_as_seldom_as_is_asked(self):
        for rate in 0.01, 0.3, 0.99:
            tries = tries_for(rate, 0.01)
            self.assertLessEqual((1 - rate) ** tries, 0.01)
            self.assertGreater((1 - rate) ** (tries - 1), 0.01 if tries > 1 else 0)
        self.assertEqual(1, tries_for(1.0, 0.01))

    def test_chance_is_the_tail_of_the_binomial_distribution(self):
        self.assertEqual(1.0, by_chance(0, 10, 0.1))
        self.assertAlmostEqual(1 - 0.9**10, by_chance(1, 10, 0.1))
        self.assertAlmostEqual(0.1**10, by_chance(10, 10, 0.1))

    def test_all_is_a_hundred_percent_and_hardly_anything_is_not_nothing(self):
        self.assertEqual(["100 %", "99 %", "0.0003 %"], [*map(percent, (1.0, 0.99, 0.000003))])
