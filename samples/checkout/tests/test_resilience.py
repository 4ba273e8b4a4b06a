"""Retries and the circuit breaker, on a clock that moves when the test says so.

Minutes pass here in no time; and no server is started, as no test touches one.
"""

from shop.errors import UnavailableError
from shop.resilience import BreakerOpenError, CircuitBreaker, retry

from harness import HarnessTestCase


def unavailable():
    raise UnavailableError("out to lunch")


class Flaky:
    """Fails a number of times, and then no more."""

    def __init__(self, failures):
        self.failures = failures

    def __call__(self):
        if self.failures:
            self.failures -= 1
            unavailable()
        return "done"


class RetryTest(HarnessTestCase):
    def retry(self, function):
        began = self.clock.monotonic()
        try:
            return retry(function, on=UnavailableError, clock=self.clock, pauses=(1, 2, 4))
        finally:
            self.waited = self.clock.monotonic() - began

    def test_what_succeeds_is_not_waited_for(self):
        self.assertEqual("done", self.retry(Flaky(failures=0)))
        self.assertEqual(0, self.waited)

    def test_the_pauses_between_the_tries_grow(self):
        self.assertEqual("done", self.retry(Flaky(failures=2)))
        self.assertEqual(1 + 2, self.waited)

    def test_the_last_failure_is_told(self):
        self.assertRaisesRegex(UnavailableError, "lunch", self.retry, Flaky(failures=4))
        self.assertEqual(1 + 2 + 4, self.waited)

    def test_another_error_is_told_at_once(self):
        self.assertRaises(ZeroDivisionError, self.retry, lambda: 1 / 0)
        self.assertEqual(0, self.waited)


class CircuitBreakerTest(HarnessTestCase):
    def setUp(self):
        self.breaker = CircuitBreaker("the bank", self.clock, failures=3, reset=60)

    def fail_(self, times):
        for _ in range(times):
            with self.assertRaisesRegex(UnavailableError, "lunch"):
                self.breaker.call(unavailable)

    def test_it_opens_after_three_failures_in_a_row(self):
        self.fail_(times=3)

        with self.assertRaisesRegex(BreakerOpenError, "the bank is not asked for another 60 s"):
            self.breaker.call(lambda: "done")

    def test_a_success_in_between_is_a_new_beginning(self):
        self.fail_(times=2)
        self.breaker.call(lambda: "done")
        self.fail_(times=2)

        self.assertEqual("done", self.breaker.call(lambda: "done"))

    def test_it_lets_one_call_through_after_a_minute(self):
        self.fail_(times=3)
        self.clock.advance(minutes=1)

        self.assertEqual("done", self.breaker.call(lambda: "done"))
        self.fail_(times=2)

    def test_when_that_one_fails_it_waits_another_minute(self):
        self.fail_(times=3)
        self.clock.advance(minutes=1)
        self.fail_(times=1)
        self.clock.advance(59)

        with self.assertRaises(BreakerOpenError):
            self.breaker.call(lambda: "done")
