"""How many processes a Dask worker may have."""

import unittest

from harness.runner.cluster.places import Place


class PlaceTest(unittest.TestCase):
    def test_it_may_have_one_for_each_of_its_threads(self):
        place = Place.of("tcp://10.0.0.5:4321", {"nthreads": 4, "resources": {}})
        self.assertEqual((4, None, "10.0.0.5"), (place.room, place.resources, place.host))

    def test_it_may_say_itself_how_many(self):
        place = Place.of("tcp://10.0.0.5:4321", {"nthreads": 4, "resources": {"harness": 2.0}})
        self.assertEqual((2, {"harness": 1}), (place.room, place.resources))

    def test_there_is_no_room_until_its_code_is_known_to_fit(self):
        place = Place("tcp://10.0.0.5:4321", 4, members={1})
        self.assertEqual(0, place.free)
        place.fits = True
        self.assertEqual(3, place.free)
