"""Jobs of many different needs: the most urgent is found without a look at all others."""

import collections
import random
import unittest

from harness.runner.schedule.ranking import Lane, Ranking
from tests.runner.schedule.making import job

LANES = 400


class RankingTest(unittest.TestCase):
    def setUp(self):
        self.load = collections.Counter()
        self.asked = 0

    def urgency(self, lane):
        self.asked += 1
        return min(lane.place, -max((self.load[each] for each in lane.shared), default=0)), 0.0

    def lane(self, number, *shared):
        lane = Lane(job("A").needs, number, shared)
        lane.push(-float(number % 7), number, job("A", 1.0))
        for resource in shared:
            self.load[resource] += 1
        return lane

    def take(self, ranking, lane):
        lane.pop()
        for resource in lane.shared:
            self.load[resource] -= 1
        ranking.change(lane)

    def test_the_order_is_that_of_what_is_most_urgent_now(self):
        for seed in range(20):
            rng = random.Random(seed)
            ranking = Ranking(self.urgency)
            lanes = [self.lane(n, *rng.sample("abcdef", rng.randrange(3))) for n in range(60)]
            for lane in lanes:
                ranking.change(lane)
            while lanes:
                lanes.sort(key=lambda lane: (self.urgency(lane), lane.number))
                self.assertEqual(lanes, list(ranking))
                self.take(ranking, lanes.pop(rng.randrange(min(3, len(lanes)))))
            self.assertEqual([], list(ranking))

    def test_what_shares_nothing_with_others_is_looked_at_once(self):
        ranking = Ranking(self.urgency)
        for number in range(LANES):
            ranking.change(self.lane(number, f"resource {number}"))
        for _ in range(LANES):
            self.take(ranking, next(iter(ranking)))
        self.assertEqual(LANES, self.asked)
