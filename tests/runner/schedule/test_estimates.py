"""How long tests are going to take, from how long they and their like took."""

import unittest

from harness.runner.ledger import UnitAccount
from harness.runner.plan import Work
from harness.runner.schedule.estimates import GUESS, Estimates
from harness.runner.schedule.known import Known

UNITS = [
    UnitAccount("m.A", ("m.A.test_a", "m.A.test_b", "m.A.test_new")),
    UnitAccount("m.B", ("m.B.test_a", "m.B.test_b")),
    UnitAccount("m", ("m.C.test_a", "m.C.test_new", "m.D.test_new"), {"whole": True}),
]
KNOWN = Known(
    {"m.A.test_a": 1.0, "m.A.test_b": 5.0, "m.C.test_a": 8.0, "m.Gone.test": 100.0},
    {"m.A": 2.0, "m": 4.0},
)


class EstimatesTest(unittest.TestCase):
    def setUp(self):
        self.estimates = Estimates(UNITS, KNOWN)

    def test_what_was_measured_counts_as_it_was(self):
        job = self.estimates.of(Work("m.A", ("m.A.test_b", "m.A.test_a")))
        self.assertEqual(((5.0, 1.0), 2.0, 8.0), (job.seconds, job.setup, job.total))

    def test_a_new_test_takes_the_median_of_its_class_else_of_its_unit_else_of_all(self):
        self.assertEqual((1.0, 5.0, 3.0), self.estimates.of_unit("m.A").seconds)
        self.assertEqual((8.0, 8.0, 8.0), self.estimates.of_unit("m").seconds)
        self.assertEqual((5.0, 5.0), self.estimates.of_unit("m.B").seconds)

    def test_fixtures_that_were_not_measured_take_the_median_and_are_not_repeated(self):
        job = self.estimates.of_unit("m.B")
        self.assertEqual((3.0, False), (job.setup, job.divisible))

    def test_what_was_measured_and_is_no_whole_may_be_divided(self):
        divisible = {job.work.unit: job.divisible for job in self.estimates.jobs()}
        self.assertEqual({"m.A": True, "m.B": False, "m": False}, divisible)
        alone = self.estimates.of(Work("m.A", ("m.A.test_a",)))
        self.assertFalse(alone.divisible)

    def test_what_says_so_or_has_to_itself_what_it_needs_is_not_divided(self):
        for facts in {"divisible": False}, {"exclusive": ["gpu"]}:
            units = [UnitAccount("m.A", UNITS[0].tests, facts)]
            self.assertFalse(Estimates(units, KNOWN).of_unit("m.A").divisible)

    def test_where_nothing_is_known_all_tests_take_as_long(self):
        jobs = Estimates(UNITS, Known()).jobs()
        self.assertEqual({GUESS}, {seconds for job in jobs for seconds in job.seconds})
        self.assertEqual({0.0}, {job.setup for job in jobs})
        self.assertFalse(any(job.divisible for job in jobs))
