"""What bounds a run, and what another worker would bring."""

import random
import unittest

from harness.runner.ledger import Attempt, Ledger, Times, UnitAccount
from harness.runner.schedule.bounds import Suite
from harness.runner.schedule.critical import critical_path, jobs_of, length
from harness.runner.schedule.resources import Limits
from tests.runner.schedule.making import job, random_jobs

GPU = {"exclusive": ["gpu"]}
DATABASE = {"services": [["postgres-1", "postgres", "m:A"]]}


class BoundTest(unittest.TestCase):
    def first(self, suite, workers):
        bound = suite.bounds(workers)[0]
        return bound.kind, bound.name, bound.seconds

    def test_each_of_four_things_may_bound_a_run(self):
        jobs = [job("A", 4.0, setup=1.0), job("B", 3.0, **GPU), job("C", 3.0, **GPU)]
        jobs.append(job("D", 2.0, **DATABASE))
        self.assertEqual(("work", "", 13.0), self.first(Suite(jobs), 1))
        self.assertEqual(("resource", "gpu", 6.0), self.first(Suite(jobs), 4))
        self.assertEqual(("unit", "A", 5.0), self.first(Suite([jobs[0], jobs[3]]), 4))
        slow = Suite(jobs, ready={"postgres-1": 9.0})
        self.assertEqual(("service", "postgres-1", 11.0), self.first(slow, 4))

    def test_of_what_may_be_divided_the_longest_test_bounds_a_run(self):
        jobs = [job("A", 4.0, 3.0, setup=1.0), job("B", 4.5)]
        self.assertEqual(("unit", "A", 8.0), self.first(Suite(jobs), 9))
        divided = Suite(jobs, divided=True)
        self.assertEqual(("test", "A", 5.0), self.first(divided, 9))
        self.assertEqual("the longest test of A with the fixtures", str(divided.bounds(9)[0]))

    def test_memory_and_what_a_service_can_take_bound_a_run_too(self):
        jobs = [job(unit, 4.0, memory=600) for unit in "ABCD"]
        self.assertEqual("resource", self.first(Suite(jobs, Limits(1200)), 8)[0])
        self.assertAlmostEqual(8.0, self.first(Suite(jobs, Limits(1200)), 8)[2])
        self.assertEqual("the tests that need memory", str(Suite(jobs, Limits(1200)).bounds(8)[0]))
        jobs = [job(unit, 4.0, **DATABASE) for unit in "ABCD"]
        limits = Limits(workers={"postgres": 2})
        self.assertEqual(("resource", "postgres", 8.0), self.first(Suite(jobs, limits), 8))

    def test_no_schedule_is_shorter_than_the_bound(self):
        rng = random.Random(7)
        for _ in range(50):
            suite, workers = Suite(random_jobs(rng, 12)), rng.randint(1, 5)
            self.assertGreaterEqual(length(suite, workers) + 1e-9, suite.bounds(workers)[0].seconds)


class CriticalPathTest(unittest.TestCase):
    def test_it_says_what_one_more_worker_would_bring(self):
        path = critical_path(Suite([job(unit, 1.0) for unit in "ABCD"]), 1, 4.4)
        self.assertEqual(
            [
                "critical path: 4.40 s on 1 process, 1.10 of the lower bound",
                "      4.00 s  all work together",
                "      1.00 s  A in one piece",
                "one more process: 50% less time",
            ],
            path.lines(),
        )

    def test_it_says_what_bounds_a_run_where_one_more_worker_would_bring_nothing(self):
        jobs = [job("Long", 3.0, 3.0, setup=2.0, divisible=False), job("B", 1.0, **DATABASE)]
        path = critical_path(Suite(jobs), 2, 8.2)
        self.assertEqual(
            "one more process: no gain: Long in one piece bounds the run", path.lines()[-1]
        )
        path = critical_path(Suite(jobs, ready={"postgres-1": 9.0}), 2, 10.5)
        self.assertIn("no gain: the start of postgres with the longest", path.lines()[-1])

    def test_a_class_that_more_workers_would_divide_is_divided(self):
        jobs = [job("Long", *[1.0] * 12, setup=0.5)]
        self.assertIn("no gain", critical_path(Suite(jobs), 1, 13.0).lines()[-1])
        self.assertIn("less time", critical_path(Suite(jobs), 1, 13.0, divide=True).lines()[-1])

    def test_it_is_data_too(self):
        data = critical_path(Suite([job("A", 2.0)]), 1, 2.5).as_dict()
        self.assertEqual(
            {
                "workers": 1,
                "seconds": 2.5,
                "bounds": (
                    {"kind": "work", "name": "", "seconds": 2.0},
                    {"kind": "unit", "name": "A", "seconds": 2.0},
                ),
                "expected": 2.0,
                "with_one_more": 2.0,
            },
            data,
        )

    def test_nothing_bounds_a_run_of_nothing(self):
        self.assertIsNone(critical_path(Suite([]), 2, 0.1))

    def test_the_account_of_a_run_says_how_long_things_took_and_in_which_parts(self):
        ledger = Ledger()
        ledger.expect(UnitAccount("m.A", ("m.A.test_a", "m.A.test_b"), fixtures=[1.0, 2.0]))
        ledger.expect(UnitAccount("m.B", ("m.B.test_never",)))
        for worker, entry in enumerate(ledger.numbered[:2], 1):
            entry.attempts.append(Attempt(worker=worker, times=Times(0.5, 2.0, 0.5)))
        jobs = jobs_of(ledger)
        self.assertEqual(
            [("m.A", 1.5, (3.0,))] * 2, [(j.work.unit, j.setup, j.seconds) for j in jobs]
        )
