"""Values with named parts."""

import pickle
import unittest

from harness.core.record import Record


class Size(Record):
    width: int
    height: int = 1


class RecordTest(unittest.TestCase):
    def test_a_part_that_is_left_out_has_the_value_of_its_class(self):
        size = Size(width=3)
        self.assertEqual((3, 1), (size.width, size.height))

    def test_a_part_that_does_not_exist_is_refused(self):
        with self.assertRaisesRegex(TypeError, "^Size has no depth, witdh$"):
            Size(witdh=3, depth=1)

    def test_it_does_not_change(self):
        size = Size(width=3)
        with self.assertRaisesRegex(AttributeError, r"^Size\.width cannot be set"):
            size.width = 4
        self.assertEqual(3, size.width)

    def test_another_process_can_be_given_it(self):
        size = pickle.loads(pickle.dumps(Size(width=3, height=2)))
        self.assertEqual((3, 2), (size.width, size.height))
