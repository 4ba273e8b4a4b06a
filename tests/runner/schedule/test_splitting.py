"""Longest first, and dividing what bounds a run: against every other way, on small ones."""

import itertools
import random
import unittest

from harness.runner.schedule.job import longest_first
from harness.runner.schedule.lpt import assigned, makespan
from harness.runner.schedule.splitting import WORTH, bound, chunks, evenly, split
from tests.runner.schedule.making import job, random_jobs


def best(jobs, workers):
    """Return the shortest run that there is, without dividing anything: all ways are tried."""
    lengths = []
    for places in itertools.product(range(workers), repeat=len(jobs)):
        loads = [0.0] * workers
        for place, one in zip(places, jobs, strict=True):
            loads[place] += one.total
        lengths.append(max(loads))
    return min(lengths)


class LongestFirstTest(unittest.TestCase):
    def test_a_run_is_never_longer_than_graham_has_proved(self):
        rng = random.Random(1)
        for _ in range(60):
            jobs, workers = random_jobs(rng), rng.randint(1, 3)
            found = makespan(assigned(jobs, workers))
            self.assertLessEqual(found, best(jobs, workers) * (4 / 3 - 1 / (3 * workers)) + 1e-9)

    def test_every_job_has_one_place_whatever_the_order_they_come_in(self):
        rng = random.Random(2)
        jobs = [*random_jobs(rng), job("Same", 1.0), job("Equal", 1.0)]
        shares = assigned(jobs, 3)
        rng.shuffle(jobs)
        self.assertEqual(shares, assigned(jobs, 3))
        self.assertCountEqual(jobs, itertools.chain(*shares))

    def test_the_fixtures_count(self):
        jobs = [job("A", 1.0, setup=9.0), job("B", 5.0), job("C", 5.0)]
        self.assertEqual(["A", "B", "C"], [each.work.unit for each in longest_first(jobs)])
        self.assertEqual(10.0, makespan(assigned(jobs, 2)))


class SplitTest(unittest.TestCase):
    def units(self, jobs):
        return [each.work.unit for each in jobs]

    def test_a_class_that_bounds_the_run_is_divided(self):
        jobs = [job("Long", *[1.0] * 12, setup=1.0), job("A", 1.0), job("B", 1.0)]
        parts = split(jobs, 3)
        self.assertGreater(self.units(parts).count("Long"), 1)
        self.assertLess(makespan(assigned(parts, 3)), 7)

    def test_a_class_is_left_alone_where_its_fixtures_cost_more_than_is_saved(self):
        jobs = [job("Long", 1.0, 1.0, setup=10.0), job("A", 9.0)]
        self.assertEqual(jobs, split(jobs, 2))

    def test_a_class_is_left_alone_where_others_fill_the_time(self):
        jobs = [job("Long", *[1.0] * 8, setup=0.1), *(job(f"S{n}", 1.0) for n in range(8))]
        self.assertEqual(jobs, split(jobs, 2))

    def test_the_last_of_three_equal_ones_is_divided_among_two(self):
        jobs = [job(unit, *[1.0] * 10, setup=0.1) for unit in "ABC"]
        parts = split(jobs, 2)
        self.assertEqual(4, len(parts))
        self.assertLess(makespan(assigned(parts, 2)), 15.5)

    def test_one_worker_divides_nothing(self):
        jobs = [job("Long", 1.0, 1.0), job("A", 0.1)]
        self.assertEqual(jobs, split(jobs, 1))

    def test_what_may_not_be_divided_is_not(self):
        jobs = [job("Long", *[1.0] * 12, divisible=False), job("A", 1.0)]
        self.assertEqual(jobs, split(jobs, 4))

    def test_each_test_is_in_one_part_in_its_order_and_the_run_gets_no_longer(self):
        rng = random.Random(3)
        for _ in range(80):
            jobs, workers = random_jobs(rng), rng.randint(2, 5)
            parts = split(jobs, workers)
            for each in jobs:
                tests = [n for p in parts if p.work.unit == each.work.unit for n in p.work.tests]
                self.assertEqual(list(each.work.tests), tests)
            before, after = (makespan(assigned(each, workers)) for each in (jobs, parts))
            self.assertGreaterEqual(after + 1e-9, bound(jobs, workers))
            self.assertTrue(parts == jobs or after < before * WORTH)

    def test_one_long_class_is_divided_as_well_as_any_division_in_its_order(self):
        rng = random.Random(4)
        for _ in range(40):
            one = job("A", *(rng.uniform(0.1, 2) for _ in range(6)), setup=rng.uniform(0, 1))
            ways = [
                max(one.part(a, b).total for a, b in itertools.pairwise((0, *cuts, 6)))
                for count in range(3)
                for cuts in itertools.combinations(range(1, 6), count)
            ]
            found = makespan(assigned(split([one], 3), 3))
            self.assertLessEqual(found * WORTH, min(ways) + 1e-9)

    def test_parts_are_as_even_as_can_be(self):
        self.assertEqual([3, 2, 1], [len(p.seconds) for p in evenly(job("A", 1, 1, 1, 2, 1, 3), 3)])
        self.assertEqual(1, len(chunks(job("A", 1.0, 1.0), 2.0)))
        self.assertEqual([1, 1], [len(p.seconds) for p in chunks(job("A", 5.0, 5.0), 2.0)])
