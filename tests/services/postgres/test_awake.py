import unittest

from harness.services.postgres.awake import MOST, SOON, Awake


class Place:
    resting = False

    def rest(self):
        self.resting = True


class AwakeTest(unittest.TestCase):
    def setUp(self):
        self.awake = Awake()

    def use(self, *places, new=False):
        for place in places:
            self.awake.take(None if new else place)
            place.resting = False
        for place in reversed(places):
            self.awake.keep(place)

    def test_what_is_used_again_and_again_stays_awake(self):
        one, other = Place(), Place()

        for _ in range(5):
            self.use(one, other)

        self.assertFalse(one.resting or other.resting)

    def test_others_rest_before_a_new_one_is_made(self):
        one, other = Place(), Place()
        self.use(one, other)

        self.awake.take(None)

        self.assertTrue(one.resting and other.resting)

    def test_others_rest_before_one_awakes_that_has_not_been_used_for_long(self):
        one, other = Place(), Place()
        self.use(one)
        for _ in range(SOON + 1):
            self.use(other)

        self.awake.take(one)

        self.assertTrue(other.resting)

    def test_what_is_needed_again_soon_sends_nobody_to_rest(self):
        one, other = Place(), Place()
        self.use(one)
        self.use(other)

        self.use(one)

        self.assertFalse(other.resting)

    def test_only_so_many_stay_awake(self):
        places = [Place() for _ in range(MOST + 1)]

        self.use(*places)

        self.assertEqual([places[-1]], [place for place in places if place.resting])
