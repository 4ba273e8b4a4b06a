"""What failing a statement says where it cannot."""

import unittest

from harness.core.endpoint import Endpoint
from harness.errors import FaultError
from harness.faults.failing.armed import advice
from harness.faults.failing.failure import Failure
from harness.faults.failing.trigger import Report
from harness.services.postgres.failing import check_clear, unseen


class EncryptedTest(unittest.TestCase):
    def test_a_url_that_asks_for_tls_is_an_error(self):
        endpoint = Endpoint("127.0.0.1", 5432, options=(("sslmode", "require"),))
        with self.assertRaises(FaultError) as raised:
            check_clear("Postgres()", endpoint)
        self.assertEqual(
            "Postgres() cannot have a statement fail: its connections are encrypted\n"
            "  likely cause: its URL says sslmode=require; the fault proxy reads only what is in "
            "the clear\n"
            "  next: leave that out where the server allows it, or run the test on an embedded "
            "server",
            str(raised.exception),
        )

    def test_one_that_does_not_is_none(self):
        check_clear("Postgres()", Endpoint("127.0.0.1", 5432, options=(("sslmode", "prefer"),)))


class AdviceTest(unittest.TestCase):
    def test_it_says_why_nothing_happened(self):
        failure = Failure("", "postgres")
        named = Failure("", "postgres", on="update", after=2)
        cases = [
            (
                failure,
                Report(unreadable=2),
                "2 connection(s) through the fault proxy are encrypted",
            ),
            (failure, Report(happened=1, count=3), "the code under test did not try again"),
            (failure, Report(count=1), "what came only begins or undoes a transaction"),
            (named, Report(count=9), "on='update' matches none of them after the first 2"),
            (failure, Report(), "nothing was sent through `connection`"),
        ]
        for asked, report, cause in cases:
            with self.subTest(cause):
                said = advice(report, asked, unseen(url_given=False))
                self.assertIn(cause, said[0])
                self.assertTrue(said[1])
