"""How long clients that a test has left busy are given to go."""

import unittest
from unittest import mock

from harness.services.redis import leftovers
from tests.support.looks import slow_look

GRACE = 0.02


class GraceTest(unittest.TestCase):
    def test_those_that_were_busy_before_a_look_that_took_long_are_looked_for_once_more(self):
        with (
            mock.patch.object(leftovers, "GRACE", GRACE),
            mock.patch.object(leftovers, "busy", slow_look(["blocked"], GRACE)),
        ):
            self.assertEqual([], leftovers.lingering(None, 0))
