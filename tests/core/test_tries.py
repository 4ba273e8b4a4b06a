"""Trying again: what counts as success, when it ends, and what the failure tells."""

import functools
import time
import unittest
import weakref
from unittest import mock

from harness.core import tries
from harness.core.tries import Terms, anything, retry
from harness.errors import (
    ConfigurationError,
    LeaseError,
    MissingExtraError,
    ServiceDiedError,
    UnavailableError,
)


class Clock:
    """A clock that only pauses move, and `spend`."""

    def __init__(self):
        self.now = 100.0
        self.pauses = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def spend(self, seconds, value=False):
        self.now += seconds
        return value


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.enterContext(mock.patch.object(tries, "time", self.clock))

    def fails(self, probe, *arguments, **terms):
        """Return the exception that ends the waiting for a probe that never succeeds."""
        with self.assertRaises(AssertionError) as raised:
            retry(probe, Terms(*arguments, **terms))
        return raised.exception


def scripted(*outcomes):
    """Return a probe that returns these values, or raises those that are exceptions."""
    rest = list(outcomes)

    def probe():
        outcome = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return probe


class SuccessTest(ClockTest):
    def test_what_is_true_or_none_is_returned_at_the_first_try(self):
        for value in (True, 1, "x", [0], None):
            with self.subTest(value=value):
                self.assertEqual(value, retry(lambda value=value: value, Terms()))
        self.assertEqual([], self.clock.pauses)

    def test_a_probe_that_raises_or_returns_what_is_false_is_tried_again(self):
        probe = scripted(ValueError(), False, 0, "", [], AssertionError(), "at last")

        self.assertEqual("at last", retry(probe, Terms()))
        self.assertEqual(6, len(self.clock.pauses))

    def test_a_value_without_a_truth_is_tried_again(self):
        class Odd:
            def __bool__(self):
                raise ValueError("ambiguous")

        self.assertEqual(1, retry(scripted(Odd(), 1), Terms()))

    def test_anything_that_is_returned_is_success_where_the_terms_say_so(self):
        probe = scripted(OSError(), False)

        self.assertIs(False, retry(probe, Terms(succeeds=anything)))

    def test_an_iterator_that_ends_is_a_failure_as_any_other(self):
        self.assertEqual(1, retry(scripted(StopIteration(), 1), Terms()))


class PauseTest(ClockTest):
    def test_the_pauses_grow_with_the_time_waited(self):
        self.fails(lambda: False, 5)

        self.assertAlmostEqual(0.001, self.clock.pauses[0])
        self.assertAlmostEqual(0.1, max(self.clock.pauses))
        inner = self.clock.pauses[:-1]  # the last one is cut at the deadline
        self.assertEqual(sorted(inner), inner)
        waited = 0
        for pause in inner:
            self.assertLessEqual(pause, max(0.001, waited * 0.1) + 1e-9)
            waited += pause

    def test_they_grow_no_longer_than_every(self):
        self.fails(lambda: False, 20, 0.5)

        self.assertAlmostEqual(0.001, self.clock.pauses[0])
        self.assertAlmostEqual(0.5, max(self.clock.pauses))

    def test_they_are_never_longer_than_a_short_every(self):
        self.fails(lambda: False, 0.01, 0.0005)

        self.assertAlmostEqual(0.0005, max(self.clock.pauses))

    def test_the_last_try_is_at_the_deadline_and_no_later(self):
        tried = []

        self.fails(lambda: tried.append(self.clock.now) or False, 3)

        self.assertAlmostEqual(103, tried[-1])
        self.assertLess(tried[-2], 103)

    def test_what_comes_true_at_the_very_end_is_seen(self):
        self.assertTrue(retry(lambda: self.clock.now > 102.999999, Terms(3, every=60)))

    def test_what_comes_true_during_a_slow_last_try_is_seen(self):
        self.assertTrue(retry(lambda: self.clock.now > 103 or self.clock.spend(2), Terms(3)))

    def test_a_wait_of_no_time_is_one_try(self):
        error = self.fails(lambda: False, 0)

        self.assertIn("1 try in 0 s", str(error))
        self.assertEqual([], self.clock.pauses)


class MessageTest(ClockTest):
    def test_it_tells_how_long_how_often_and_the_last_value(self):
        def ready():
            return self.clock.spend(0.5, [])

        self.assertRegex(
            str(self.fails(ready, 2)),
            r"^the probe ready \(test_tries\.py:\d+\) did not succeed within 2 s\n"
            r"    5 tries in 2\.75 s; the last returned \[\]\n"
            r"  likely cause: what it waits for did not happen, or takes longer than that\n"
            r"  next: look into the logs of the services; where they are only slow, "
            r"write within=4$",
        )

    def test_it_tells_the_last_exception_and_is_raised_from_it(self):
        last = ValueError("no rows yet")

        error = self.fails(scripted(OSError("no server"), last), 1)

        self.assertIn("the last raised ValueError: no rows yet\n", str(error))
        self.assertIs(last, error.__cause__)

    def test_a_value_after_an_exception_is_the_last_outcome(self):
        error = self.fails(scripted(OSError("no server"), 0), 1)

        self.assertIn("the last returned 0\n", str(error))
        self.assertIsNone(error.__cause__)
        self.assertIsNone(error.__context__)

    def test_a_value_is_written_in_the_end_alone(self):
        class Costly:
            def __init__(self, truth):
                self.truth = truth

            def __bool__(self):
                return self.truth

            def __repr__(self):
                raise AssertionError("written")

        self.assertTrue(retry(scripted(Costly(False), Costly(True)), Terms()))

    def test_each_line_of_a_long_message_stays_readable(self):
        error = self.fails(scripted(AssertionError("1 != 2\n- 1\n+ 2")), 1)

        self.assertIn("raised AssertionError: 1 != 2\n    - 1\n    + 2\n  likely", str(error))

    def test_what_is_endless_is_cut(self):
        self.assertLess(len(str(self.fails(scripted(ValueError("x" * 10**6)), 1))), 1000)

    def test_what_cannot_be_written_is_named(self):
        class OddError(Exception):
            def __str__(self):
                raise RuntimeError

        self.assertIn(
            "raised OddError: <OddError whose str raises RuntimeError>",
            str(self.fails(scripted(OddError()), 1)),
        )

    def test_a_mistake_in_the_probe_is_the_likely_cause(self):
        error = self.fails(lambda: undefined, 1)  # noqa: F821

        self.assertIn(
            "likely cause: a mistake in the probe itself, to go by the NameError", str(error)
        )

    def test_a_probe_that_blocks_is_the_likely_cause(self):
        error = self.fails(lambda: self.clock.spend(7), 1)

        self.assertIn("2 tries in 14 s", str(error))
        self.assertIn("likely cause: the probe blocks: one try took 7 s", str(error))

    def test_a_probe_without_a_name_is_shown(self):
        probe = functools.partial(int, "0")

        self.assertIn(f"the probe {probe!r} did not", str(self.fails(probe, 1)))

    def test_the_caller_chooses_the_exception(self):
        with self.assertRaisesRegex(OSError, "did not succeed within 1 s"):
            retry(lambda: False, Terms(1, failure=OSError))

    def test_the_probes_frames_are_let_go(self):
        class Held:
            pass

        references = []

        def probe():
            held = Held()
            references.append(weakref.ref(held))
            raise ValueError

        retried = scripted(1)
        retry(lambda: probe() if not references else retried(), Terms())

        self.assertIsNone(references[0]())


class EndTest(ClockTest):
    def ends(self, error, **terms):
        """Check that an exception of the probe ends the waiting at once, as it is."""
        with self.assertRaises(type(error)) as raised:
            retry(scripted(error), Terms(**terms))
        self.assertIs(error, raised.exception)
        self.assertEqual([], self.clock.pauses)

    def test_an_interrupt_and_an_exit_go_through(self):
        self.ends(KeyboardInterrupt())
        self.ends(SystemExit(3))

    def test_what_is_to_go_through_goes_through(self):
        self.ends(unittest.SkipTest("not today"), through=(unittest.SkipTest,))

    def test_errors_that_another_try_does_not_change_go_through(self):
        for kind in (
            ConfigurationError,
            LeaseError,
            MissingExtraError,
            UnavailableError,
        ):
            with self.subTest(kind.__name__):
                self.ends(kind("the same tomorrow"))

    def test_what_the_watch_raises_ends_the_waiting(self):
        died = ServiceDiedError("killed by SIGKILL")
        watch = scripted(None, None, died)

        with self.assertRaises(ServiceDiedError) as raised:
            retry(lambda: False, Terms(60, watch=watch))

        self.assertIs(died, raised.exception)
        self.assertEqual(2, len(self.clock.pauses))

    def test_watching_takes_a_small_part_of_the_time(self):
        looks = []

        def watch():
            looks.append(self.clock.now)
            self.clock.spend(0.02)

        self.fails(lambda: False, 10, watch=watch)

        self.assertLess(len(looks) * 0.02, 0.6)
        self.assertGreater(len(looks), 5)

    def test_the_watch_is_asked_once_more_at_the_end(self):
        looks = []

        def watch():
            looks.append(self.clock.now)
            self.clock.spend(2)

        self.fails(lambda: False, 10, watch=watch)

        self.assertGreaterEqual(looks[-1], 110)


class ArgumentsTest(ClockTest):
    def refused(self, wanted, probe=bool, **terms):
        with self.assertRaises(ConfigurationError) as raised:
            retry(probe, Terms(**terms))
        self.assertIn(wanted, str(raised.exception))
        self.assertIn("next: ", str(raised.exception))

    def test_times_that_are_none(self):
        self.refused("within=-1: expected a number of seconds, 0 or more", within=-1)
        self.refused("within=inf", within=float("inf"))
        self.refused("within=nan", within=float("nan"))
        self.refused("within='5' is not a number of seconds", within="5")
        self.refused("within=None is not", within=None)
        self.refused("every=0: expected a number of seconds, above 0", every=0)
        self.refused("every=-0.1", every=-0.1)

    def test_what_cannot_be_called(self):
        self.refused("the probe False is a bool, which cannot be called", probe=False)

    def test_a_coroutine_in_place_of_its_function(self):
        async def fetch():
            pass

        self.refused("the probe is the coroutine fetch(), which can be", probe=fetch())

    def test_an_async_function_where_nobody_awaits_it(self):
        async def fetch():
            pass

        self.refused("the probe returned a coroutine, which nobody awaits", probe=fetch)


class RealTimeTest(unittest.TestCase):
    def test_what_comes_true_soon_is_seen_soon(self):
        ready = time.monotonic() + 0.05

        retry(lambda: time.monotonic() >= ready, Terms(30, every=10))

        self.assertLess(time.monotonic() - ready, 5)  # far from `every`, on a busy machine too
