"""Which part of a suite is which shard's."""

import random
import unittest

from harness.errors import ConfigurationError
from harness.runner.ledger import UnitAccount
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.forecast import one_more
from harness.runner.schedule.known import Known
from harness.runner.schedule.shards import shard_of, shared_out


class SharesTest(unittest.TestCase):
    def setUp(self):
        rng = random.Random(8)
        self.units = [
            UnitAccount(f"m.C{n}", tuple(f"m.C{n}.test_{t}" for t in range(rng.randint(1, 9))))
            for n in range(60)
        ]
        names = [name for unit in self.units for name in unit.tests]
        self.known = Known(
            {name: rng.expovariate(1) for name in names},
            {unit.key: rng.uniform(0, 2) for unit in self.units},
        )

    def shares(self, known, shards=8, units=None):
        return shared_out(Estimates(units or self.units, known), shards, measured=bool(known))

    def test_every_test_is_in_one_shard_with_a_history_and_without_one(self):
        every = sorted(name for unit in self.units for name in unit.tests)
        for known in self.known, Known():
            for shards in 1, 3, 8, 500:
                shares = self.shares(known, shards)
                self.assertEqual(shards, len(shares.works))
                parts = [shares.tests(number + 1) for number in range(shards)]
                self.assertEqual(every, sorted(name for part in parts for name in part))

    def test_shards_from_a_history_take_equally_long(self):
        estimates = Estimates(self.units, self.known)
        shares = self.shares(self.known)
        loads = [sum(estimates.of(work).total for work in part) for part in shares.works]
        self.assertLess(max(loads) / (sum(loads) / len(loads)), 1.02)

    def test_every_shard_finds_the_same_whatever_the_order_of_its_history(self):
        shuffled = list(self.known.tests.items())
        random.Random(9).shuffle(shuffled)
        again = self.shares(Known(dict(shuffled), self.known.fixtures))
        self.assertEqual(self.shares(self.known), again)
        other = self.shares(Known({**self.known.tests, "m.C0.test_0": 99.0}, self.known.fixtures))
        self.assertNotEqual(other.digest, again.digest)

    def test_without_a_history_a_class_stays_in_its_shard_whatever_else_there_is(self):
        before, after = self.shares(Known()), self.shares(Known(), units=self.units[10:])
        for one, other in zip(before.works, after.works, strict=True):
            self.assertLessEqual({work.unit for work in other}, {work.unit for work in one})

    def test_a_class_that_takes_longer_than_a_shard_is_divided(self):
        units = [UnitAccount("m.Long", tuple(f"m.Long.test_{n}" for n in range(20)))]
        known = Known(dict.fromkeys(units[0].tests, 1.0), {"m.Long": 0.5})
        shares = self.shares(known, 4, units)
        self.assertEqual([5] * 4, [len(shares.tests(number)) for number in range(1, 5)])

    def test_tests_of_a_shard_are_in_the_order_in_which_they_were_discovered(self):
        places = {unit.key: number for number, unit in enumerate(self.units)}
        for part in self.shares(self.known).works:
            found = [places[work.unit] for work in part]
            self.assertEqual(sorted(found), found)


class OneMoreTest(unittest.TestCase):
    def line(self, shards, known, *units):
        return one_more(shared_out(Estimates(units, known), shards, measured=bool(known)))

    def test_it_is_told_what_one_more_shard_would_bring(self):
        units = [UnitAccount(f"m.C{n}", (f"m.C{n}.test",)) for n in range(12)]
        known = Known({unit.tests[0]: 1.0 for unit in units})
        self.assertEqual("one more shard: 33% less time", self.line(2, known, *units))
        self.assertIsNone(self.line(2, Known(), *units))

    def test_it_is_told_what_bounds_all_shards(self):
        units = [UnitAccount("m.Long", ("m.Long.test",)), UnitAccount("m.A", ("m.A.test",))]
        known = Known({"m.Long.test": 9.0, "m.A.test": 1.0})
        self.assertEqual(
            "one more shard: no gain: m.Long in one piece bounds the run",
            self.line(2, known, *units),
        )


class ShardTest(unittest.TestCase):
    def test_a_shard_is_one_of_some(self):
        self.assertEqual((1, 1), shard_of("1/1"))
        self.assertEqual((12, 200), shard_of(" 12/200 "))

    def test_one_that_there_is_not_is_refused(self):
        for text in "9/8", "0/3", "a/b", "3", "1/0", "-1/3", "1/2/3", "", "1.5/2", "٣/٤":
            with self.subTest(text), self.assertRaises(ConfigurationError) as caught:
                shard_of(text)
            self.assertIn(f"--shard {text}: there is no such shard", str(caught.exception))
            self.assertIn("next: write K/N with 1 <= K <= N", str(caught.exception))
