"""Services that are started, retried and stopped by hand, as with dockertest."""

import os
import tempfile
import unittest

from harness import Environment, Postgres
from harness.errors import LeaseError, ServiceDiedError, WaitTimeoutError


class ImperativeTest(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.env = self.enterContext(Environment(providers="embedded", state_dir=directory))
        self.server = self.env.start(Postgres())

    def home_exists(self):
        return os.path.exists(self.server.running.home)

    def test_what_is_started_runs_until_it_is_stopped(self):
        self.assertTrue(self.home_exists())
        self.env.stop(self.server)
        self.assertFalse(self.home_exists())

    def test_stopping_twice_stops_once(self):
        self.env.stop(self.server)
        self.env.stop(self.server)

    def test_one_that_was_stopped_is_started_anew(self):
        self.env.stop(self.server)
        self.assertNotEqual(self.server.identity, self.env.start(Postgres()).identity)

    def test_an_alias_is_free_again_when_its_service_was_stopped(self):
        first = self.env.start(Postgres(alias="db"))
        self.env.stop(first)
        self.assertNotEqual(first.identity, self.env.start(Postgres(alias="db", name="2")).identity)

    def test_starting_it_twice_is_starting_it_once(self):
        self.assertIs(self.server, self.env.start(Postgres()))

    def test_retry_returns_what_the_first_success_returned(self):
        outcomes = iter([ValueError("not yet"), ValueError("not yet"), 0])

        def probe():
            outcome = next(outcomes)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        self.assertEqual(0, self.env.retry(probe, within=5))

    def test_retry_gives_up_with_the_last_failure(self):
        with self.assertRaisesRegex(WaitTimeoutError, "ZeroDivisionError: division by zero") as got:
            self.env.retry(lambda: 1 / 0, within=0.05)
        self.assertIsInstance(got.exception, TimeoutError)
        self.assertIsInstance(got.exception.__cause__, ZeroDivisionError)

    def test_retry_ends_at_once_when_a_service_has_died(self):
        def kill_and_fail():
            self.server.running.kill()
            raise ValueError("no answer")

        with self.assertRaisesRegex(ServiceDiedError, "killed by SIGKILL"):
            self.env.retry(kill_and_fail, within=60)

    def test_a_server_that_others_may_use_is_not_paused(self):
        with self.assertRaisesRegex(LeaseError, "exclusive=True"):
            self.server.pause()
