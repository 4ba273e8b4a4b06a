"""Pieces of what a worker writes down, of which some come twice, and some never."""

import unittest

from harness.runner.cluster.stream import Stream


class StreamTest(unittest.TestCase):
    def test_what_came_before_is_left_out_of_what_comes_again(self):
        stream = Stream()
        stream.add(0, b"one\n")
        self.assertEqual(b"one\n", stream.take())
        stream.add(0, b"one\ntwo\n")
        stream.add(4, b"two\n")
        self.assertEqual(b"two\n", stream.take())
        self.assertEqual(b"", stream.take())

    def test_what_comes_after_a_gap_is_of_no_use(self):
        stream = Stream()
        stream.add(0, b"one\n")
        stream.add(8, b"three\n")
        self.assertEqual(b"one\n", stream.take())
        stream.add(4, b"two\n")
        self.assertEqual(b"two\n", stream.take())
