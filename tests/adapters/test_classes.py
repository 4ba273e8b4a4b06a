"""Lending values to classes of others."""

import unittest

from harness.adapters.classes import family, lent


class Base:
    value = "base"


class Middle(Base):
    pass


class Other(Base):
    value = "other"


class Leaf(Middle, Other):
    pass


class ClassesTest(unittest.TestCase):
    def test_a_family_is_a_class_and_all_below_it_each_once(self):
        self.assertCountEqual([Base, Middle, Other, Leaf], family(Base))

    def test_a_value_that_is_lent_goes_to_all_that_have_none_of_their_own(self):
        with lent(Base, "value", "lent"):
            self.assertEqual(["lent", "other"], [Middle.value, Other.value])

    def test_it_is_given_back_whatever_happens(self):
        for holder in (Middle, Other):
            before = dict(vars(holder))
            with self.subTest(holder), self.assertRaises(KeyError), lent(holder, "value", "lent"):
                raise KeyError

            self.assertEqual(before.keys(), vars(holder).keys())
        self.assertEqual(["base", "other"], [Middle.value, Other.value])
