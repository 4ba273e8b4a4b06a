"""Runs on simulated fleets: what the figures of the documentation are made by."""

import unittest

from harness.runner.schedule.simulation import Fleet
from tests.benchmarks import fleet
from tests.runner.schedule.making import estimates
from tests.runner.schedule.test_queue import DATABASE, queue


class FleetTest(unittest.TestCase):
    def spans(self, workers, units, **conditions):
        known = estimates(**units)
        run = Fleet(workers, queue(**units), lambda work: known.of(work).total, **conditions)
        return {span.work.unit: (span.worker, span.began, span.ended) for span in run.run()}

    def test_work_is_done_one_after_another_by_whoever_has_nothing_to_do(self):
        spans = self.spans(2, {"A": 3, "B": 2, "C": 2})
        self.assertEqual({"A": (0, 0, 3), "B": (1, 0, 2), "C": (1, 2, 4)}, spans)

    def test_what_needs_a_service_begins_when_that_is_ready(self):
        spans = self.spans(1, {"A": (3, DATABASE), "B": 2}, ready={"postgres-1": 5})
        self.assertEqual({"B": (0, 0, 2), "A": (0, 5, 8)}, spans)

    def test_a_coordinator_that_is_busy_lets_others_wait(self):
        spans = self.spans(2, {"A": 1, "B": 1, "C": 1, "D": 1}, cost=lambda work: 2)
        self.assertEqual({"A": 0, "B": 0, "C": 3, "D": 5}, {u: s[1] for u, s in spans.items()})


class PolicyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = fleet.over_bound(rounds=3, classes=150)

    def test_the_longest_first_with_its_fixtures_is_the_best_that_is_settled_before(self):
        static = "static LPT, class including set-up"
        for name, ratios in self.table.items():
            if name not in (static, "dynamic queue in LPT order"):
                self.assertLess(self.table[static][2], ratios[2], name)
        self.assertLess(self.table[static][2], 1.1)

    def test_what_is_handed_out_as_workers_become_free_ends_at_the_bound(self):
        self.assertLess(max(self.table["dynamic queue in LPT order"][:3]), 1.02)

    def test_each_test_on_its_own_pays_its_fixtures_again_and_again(self):
        ratios = self.table["per method, set-up repeated"]
        self.assertEqual(sorted(ratios), ratios)
        self.assertGreater(ratios[0], 1.1)

    def test_eight_shards_are_seven_and_a_half_times_as_fast_as_one(self):
        self.assertGreaterEqual(fleet.speed_up(8, rounds=5), 7.5)


class CoordinatorTest(unittest.TestCase):
    """The real coordinator, with workers that take no time."""

    def test_its_cost_is_measured(self):
        cost = fleet.cost(2000, 20)
        for what, least, most in (
            (cost.test, 1e-6, 1e-3),
            (cost.plan, 1e-4, 1),
            (cost.memory, 100, 10_000),
        ):
            self.assertTrue(least < what < most, cost)

    def test_a_run_is_longer_than_its_bound_where_the_coordinator_is_busy_all_the_time(self):
        free, least = fleet.wall(2000, 50, 0.1, fleet.Cost(0.0, 0.0, 0.0, 0.0))
        self.assertLess(free, least * 1.05)
        busy, _ = fleet.wall(2000, 50, 0.1, fleet.Cost(0.01, 0.0, 0.0, 0.0))
        self.assertGreater(busy, 2000 * 0.01)
