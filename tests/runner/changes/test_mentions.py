"""Whether a Python file names a file that is none."""

import unittest

from harness.runner.changes.mentions import Mention, mentions

DATA = "shop/data/rates.json"


class MentionsTest(unittest.TestCase):
    def check(self, expected, *texts, reader="shop/rates.py", path=DATA):
        with self.subTest(texts=texts, reader=reader):
            self.assertEqual(expected, mentions(texts, reader, path))

    def test_its_name_or_the_end_of_its_path_names_it(self):
        for text in "rates.json", "data/rates.json", "../shop/data/rates.json", f"./{DATA}":
            self.check(Mention.YES, text)
        self.check(Mention.NO, "other/rates.json")
        self.check(Mention.NO, "ates.json")

    def test_its_own_directory_from_the_readers_or_one_above_names_it(self):
        self.check(Mention.YES, "data")
        self.check(Mention.YES, "shop/data", reader="tests/unit/test_rates.py")
        self.check(Mention.NO, "data", reader="tests/unit/test_rates.py")

    def test_a_directory_further_up_does_so_perhaps(self):
        self.check(Mention.PERHAPS, "shop", reader="tests/test_rates.py")

    def test_a_pattern_with_such_a_directory_names_it(self):
        self.check(Mention.YES, "shop", "*.json", reader="tests/test_rates.py")
        self.check(Mention.YES, "*.json")
        self.check(Mention.YES, "**/*.json", reader="top.py")
        self.check(Mention.NO, "*.json", reader="other/rates.py")
        self.check(Mention.NO, "*")
        self.check(Mention.NO, "*.yaml")

    def test_other_texts_do_not(self):
        for text in "", " ", ".", "/", "..", "json", "x" * 500:
            self.check(Mention.NO, text)
