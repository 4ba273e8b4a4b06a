"""How long sessions that a test has left at work are given to end."""

import unittest
from unittest import mock

from harness.services.postgres import watcher
from harness.services.postgres.commit import held
from tests.support.looks import slow_look

GRACE = 0.02


class GraceTest(unittest.TestCase):
    """A look may take longer than sessions have, as on a busy machine."""

    def setUp(self):
        self.look = slow_look(["at work"], GRACE)
        self.enterContext(mock.patch.object(watcher, "GRACE", GRACE))

    def test_those_that_were_at_work_before_it_are_looked_for_once_more(self):
        with mock.patch.object(held, "busy_now", self.look):
            self.assertEqual([], held.busy_sessions(None, None))

    def test_those_that_were_open_before_it_are_looked_for_once_more(self):
        databases = mock.Mock(sessions=self.look)
        databases.endpoint.port = 0
        databases.rows.return_value = [("0",)]
        with mock.patch.object(watcher, "patience", return_value=GRACE):
            self.assertEqual([], watcher.lingering(databases, "db", ()))
