"""A server that is slow to notice that a connection was closed: no test is blamed for it."""

import os
import signal
import threading
import unittest

import psycopg

from harness import Environment, Postgres

LONGER_THAN_GRACE = 1.5  # seconds


class SlowToEndTest(unittest.TestCase):
    def setUp(self):
        self.env = self.enterContext(Environment(providers="embedded"))

    def closed_unseen(self, dsn):
        """Close a connection whose server process does not get to run for a while."""
        with psycopg.connect(dsn) as connection:
            pid = connection.info.backend_pid
            os.kill(pid, signal.SIGSTOP)
            timer = threading.Timer(LONGER_THAN_GRACE, os.kill, (pid, signal.SIGCONT))
            self.addCleanup(timer.join)
            timer.start()
            connection.close()

    def test_a_closed_connection_that_the_server_still_shows_is_no_leak(self):
        for isolation in ("commit", "rollback"):
            with (
                self.subTest(isolation),
                self.env.lease(Postgres(isolation=isolation)) as db,
            ):
                self.closed_unseen(db.dsn)
