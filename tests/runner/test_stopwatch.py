"""How long the parts of a test took, with unittest's own order of calls."""

import copy
import pickle
import time
import unittest

from harness.runner.stopwatch import Stopwatch
from harness.runner.times import Times

LONG = 0.02  # seconds


class Inner:
    """Holds what is run by the tests below, and not by itself."""

    class Slow(unittest.TestCase):
        def setUp(self):
            time.sleep(LONG)

        def test_slow(self):
            time.sleep(2 * LONG)

        def tearDown(self):
            time.sleep(3 * LONG)

    class SlowAsync(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            time.sleep(LONG)

        async def test_slow(self):
            time.sleep(2 * LONG)

        async def asyncTearDown(self):
            time.sleep(3 * LONG)

    class NamedAsAsync(unittest.TestCase):
        def setUp(self):
            self.asyncSetUp()

        def asyncSetUp(self):
            self.ready = True

        def test_ready(self):
            self.assertTrue(self.ready)

    class FailsEarly(unittest.TestCase):
        def setUp(self):
            time.sleep(LONG)
            self.addCleanup(time.sleep, 2 * LONG)
            raise OSError("no server")

        def test_nothing(self):
            pass


class Timed(unittest.TestResult):
    """Keeps the times of a test."""

    def startTest(self, test):
        super().startTest(test)
        self.watch = Stopwatch(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.times = Times(*self.watch.stop())


def times_of(test):
    """Run a test, and return the times."""
    result = Timed()
    test.run(result)
    return result.times


class StopwatchTest(unittest.TestCase):
    def test_set_up_body_and_release_are_told_apart(self):
        for test in Inner.Slow("test_slow"), Inner.SlowAsync("test_slow"):
            with self.subTest(type(test).__name__):
                times = times_of(test)
                for part, factor in zip(times, (1, 2, 3), strict=True):
                    self.assertGreaterEqual(part, 0.99 * factor * LONG)
                self.assertLess(times.setup, times.body + times.release)

    def test_a_test_without_fixtures_is_all_body(self):
        test = unittest.FunctionTestCase(lambda: time.sleep(LONG))
        setup, body, release = times_of(test)
        self.assertGreaterEqual(body, 0.99 * LONG)
        self.assertLess(setup + release, LONG)

    def test_clean_ups_after_a_set_up_that_fails_are_no_negative_times(self):
        times = times_of(Inner.FailsEarly("test_nothing"))
        self.assertGreaterEqual(min(times), 0)
        self.assertGreaterEqual(sum(times), 0.99 * 3 * LONG)

    def test_a_method_that_is_only_named_as_an_asynchronous_one_is_left_alone(self):
        test, result = Inner.NamedAsAsync("test_ready"), Timed()
        test.run(result)
        self.assertEqual([], result.errors)

    def test_nothing_of_it_stays_on_the_test(self):
        for test in Inner.Slow("test_slow"), Inner.FailsEarly("test_nothing"):
            before = set(vars(test))
            times_of(test)
            self.assertEqual(set(), {name for name in set(vars(test)) - before if "own" in name})
            self.assertNotIn("setUp", vars(test))

    def test_a_test_can_be_copied_and_pickled_meanwhile(self):
        test = Inner.Slow("test_slow")
        watch = Stopwatch(test)
        for made in copy.deepcopy(test), pickle.loads(pickle.dumps(test)):
            self.assertEqual("test_slow", made._testMethodName)
            self.assertIs(made, made.tearDown.__self__)
        watch.stop()
