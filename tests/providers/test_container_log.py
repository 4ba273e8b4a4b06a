"""Reading a container's log, which the daemon takes over a little late."""

import itertools
import time
import unittest
from unittest import mock

from harness.providers import container


class SettledTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(container, "LOG_LAG", 0.001))

    def test_a_log_is_read_until_nothing_comes_any_more(self):
        texts = iter(["", "one\n", "one\ntwo\n", "one\ntwo\n", "never read"])

        self.assertEqual("", container.settled(lambda: ""))
        self.assertEqual("", container.settled(iter(["", ""]).__next__))
        next(texts)
        self.assertEqual("one\ntwo\n", container.settled(texts.__next__))

    def test_a_log_that_always_grows_is_taken_as_it_is_in_the_end(self):
        numbers = itertools.count()
        began = time.monotonic()

        text = container.settled(lambda: "x" * next(numbers))

        self.assertTrue(text)
        self.assertGreaterEqual(time.monotonic() - began, container.LONGEST_LAG)
