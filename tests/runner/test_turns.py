"""Tests that run copies of themselves, or themselves twice: one that was discovered answers."""

import copy
import unittest
import weakref

from harness.runner.events import Said, Start, Stop
from harness.runner.result import TellingResult
from harness.runner.turns import Whole, turns_of
from harness.runner.units import units_of


def told(suite, *, whole=False):
    """Run a suite as a worker does; return all that is told of it, by its first unit's numbers."""
    unit = units_of(unittest.TestSuite([Own(suite)] if whole else suite))[0]
    events = []
    turns = turns_of(unit, unit.names, {name: n for n, name in enumerate(unit.names)})
    result = TellingResult(events.append, turns)
    turns.run(result)
    result.finish()
    return events


def briefly(events):
    """Return what was said of each number: the begin and end of a test, and what it came to."""
    letters = {Start: "(", Stop: ")", Said: "!"}
    return [
        (event.test, letters[type(event)] + ("passed" if getattr(event, "passed", False) else ""))
        for event in events
    ]


PASSED, FAILED = [(0, "("), (0, ")passed")], [(0, "("), (0, "!"), (0, ")")]


class Own(unittest.TestSuite):
    """A suite that can only be run as a whole."""


class Inner:
    """Holds what is run by the tests below, and not by itself."""

    class Twice(unittest.TestCase):
        times = 0

        def run(self, result=None):
            super().run(result)
            return super().run(result)

        def test_it(self):
            type(self).times += 1
            self.assertEqual(1, self.times % 2)

    class Scenarios(unittest.TestCase):
        value = None

        def run(self, result=None):
            if self.value is not None:
                return super().run(result)
            for value in 1, 2:
                twin = copy.copy(self)
                twin.value = value
                twin.id = f"{self.id()}({value})".strip
                twin.run(result)
            return result

        def test_it(self):
            self.assertEqual(1, self.value)

    class Made(unittest.TestCase):
        def run(self, result=None):
            for _ in range(2):
                unittest.TestCase.run(type(self)(self._testMethodName), result)

        def test_it(self):
            pass

    class Careless(unittest.TestCase):
        def run(self, result=None):
            result.startTest(self)
            result.addSuccess(self)

        def test_it(self):
            pass

    class Late(unittest.TestCase):
        def run(self, result=None):
            super().run(result)
            result.addFailure(self, (AssertionError, AssertionError("afterwards"), None))

        def test_it(self):
            pass

    class Nested(unittest.TestCase):
        def test_it(self):
            Inner.Scenarios("test_it").run(self._outcome.result)

    class Fixtures(unittest.TestCase):
        @classmethod
        def tearDownClass(cls):
            raise OSError("no server")

        def test_it(self):
            pass

        @unittest.skip("not today")
        def test_skipped(self):
            pass

    class Asking(unittest.TestCase):
        said = ()

        def tearDown(self):
            result = self._outcome.result
            self.said.append(any(test is self for test, _ in result.failures + result.errors))
            self.said.append(result.wasSuccessful())

        def test_a(self):
            self.fail("x" * (1 << 20))

        def test_b(self):
            pass


class TurnsTest(unittest.TestCase):
    def test_one_that_runs_twice_is_told_of_twice(self):
        for whole in False, True:
            with self.subTest(whole=whole):
                self.assertEqual(
                    PASSED + FAILED, briefly(told([Inner.Twice("test_it")], whole=whole))
                )

    def test_one_object_that_a_suite_holds_twice_is_told_of_twice(self):
        test = Inner.Asking("test_b")
        Inner.Asking.said = []
        self.assertEqual(2 * PASSED, briefly(told([test, test], whole=True)))

    def test_copies_that_a_test_runs_in_its_place_count_for_it(self):
        for whole in False, True:
            with self.subTest(whole=whole):
                events = told([Inner.Scenarios("test_it")], whole=whole)
                self.assertEqual(PASSED + FAILED, briefly(events))
                self.assertEqual(Inner.Scenarios("test_it").id() + "(2)", events[3].part)
                made = told([Inner.Made("test_it")], whole=whole)
                self.assertEqual(2 * PASSED, briefly(made))

    def test_one_that_forgets_to_say_its_end_has_one(self):
        self.assertEqual(PASSED, briefly(told([Inner.Careless("test_it")])))

    def test_what_is_said_of_a_test_after_its_end_counts_for_it(self):
        self.assertEqual(PASSED + FAILED, briefly(told([Inner.Late("test_it")])))

    def test_what_a_test_runs_within_itself_counts_for_it(self):
        events = told([Inner.Nested("test_it")])
        self.assertEqual([(0, "("), (0, "!"), (0, ")passed")], briefly(events))

    def test_fixtures_are_no_tests(self):
        tests = [Inner.Fixtures("test_it"), Inner.Fixtures("test_skipped"), Inner.Made("test_it")]
        events = briefly(told(tests))
        skipped = [(1, "("), (1, "!"), (1, ")")]
        self.assertEqual([*PASSED, *skipped, (None, "!")], events)

    def test_a_suite_of_another_kind_may_drop_what_has_run(self):
        test = Inner.Made("test_it")
        whole, living = Whole(Own(), [test], [7]), weakref.ref(test)
        self.assertEqual(7, whole.of(test))
        del test
        self.assertIsNone(living())

    def test_a_test_finds_its_failure_in_the_result_as_under_unittest(self):
        Inner.Asking.said = []
        told([Inner.Asking("test_a"), Inner.Asking("test_b")])
        self.assertEqual([True, False, False, False], Inner.Asking.said)
