"""The smallest part that fails."""

import itertools
import random
import unittest

from harness.runner.stress.minimize import cut, minimized


class MinimizeTest(unittest.TestCase):
    def test_what_is_needed_is_found_whatever_and_wherever_it_is(self):
        items = list(range(9))
        for size in range(4):
            for needed in itertools.combinations(items, size):
                with self.subTest(needed=needed):
                    found = minimized(items, lambda part, needed=needed: {*needed} <= {*part})
                    self.assertEqual([*needed], found)

    def test_each_of_several_ways_to_fail_leads_to_one_of_which_all_is_needed(self):
        rng = random.Random(7)
        for _ in range(50):
            ways = [set(rng.sample(range(30), rng.randint(1, 4))) for _ in range(3)]

            def fails(part, ways=ways):
                return any(way <= {*part} for way in ways)

            found = minimized(range(30), fails)

            self.assertTrue(fails(found))
            for item in found:
                self.assertFalse(fails([other for other in found if other != item]))

    def test_one_item_among_many_is_found_by_bisection(self):
        asked = []

        def fails(part):
            asked.append(part)
            return 731 in part

        self.assertEqual([731], minimized(range(1024), fails))
        self.assertLessEqual(len(asked), 2 * 10 + 1)

    def test_no_part_is_asked_about_twice(self):
        asked = []

        def fails(part):
            asked.append(tuple(part))
            return {3, 50, 90} <= {*part}

        self.assertEqual([3, 50, 90], minimized(range(100), fails))
        self.assertEqual(len(asked), len({*asked}))

    def test_nothing_is_needed_where_it_fails_without_anything(self):
        self.assertEqual([], minimized([1, 2, 3], lambda part: True))
        self.assertEqual([], minimized([], lambda part: True))

    def test_parts_are_as_long_as_each_other(self):
        for count, parts in itertools.product(range(1, 12), range(1, 12)):
            pieces = cut(list(range(count)), min(parts, count))
            self.assertEqual(list(range(count)), [*itertools.chain(*pieces)])
            self.assertLessEqual(max(map(len, pieces)) - min(map(len, pieces)), 1)
