"""Naming the word that was probably meant."""

import unittest

from harness.core.nearest import did_you_mean, nearest


class NearestTest(unittest.TestCase):
    def test_the_most_similar_word_is_named(self):
        self.assertEqual("docker", nearest("dokcer", ["embedded", "docker"]))

    def test_nothing_similar_is_none(self):
        self.assertIsNone(nearest("xyz", ["embedded", "docker"]))

    def test_the_hint_asks_for_the_nearest_word(self):
        self.assertEqual("did you mean commit?", did_you_mean("comit", ["commit", "rollback"]))

    def test_the_hint_lists_all_words_in_order_where_none_is_near(self):
        self.assertEqual("known are: a, b, c", did_you_mean("xyz", ["c", "a", "b"]))
