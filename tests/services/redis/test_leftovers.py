"""How long clients that a test has left busy are given to go."""

import itertools
import time
import unittest
from unittest import mock

from harness.services.redis import leftovers

GRACE = 0.02


class GraceTest(unittest.TestCase):
    def test_those_that_were_busy_before_a_look_that_took_long_are_looked_for_once_more(self):
        looks = itertools.chain([["blocked"]], itertools.repeat([]))

        def look(*_):
            found = next(looks)
            time.sleep(2 * GRACE if found else 0)
            return found

        with (
            mock.patch.object(leftovers, "GRACE", GRACE),
            mock.patch.object(leftovers, "busy", look),
        ):
            self.assertEqual([], leftovers.lingering(None, 0))
