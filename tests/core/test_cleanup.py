"""Every clean-up runs, whatever some of them do."""

import unittest

from harness.core.cleanup import Cleanups, raise_all
from harness.errors import CleanupError, LeakError


class CleanupsTest(unittest.TestCase):
    def setUp(self):
        self.done = []
        self.cleanups = Cleanups("the example")

    def push(self, name, error=None):
        def action():
            self.done.append(name)
            if error is not None:
                raise error

        self.cleanups.push(action)

    def test_the_last_in_is_the_first_out(self):
        self.push("a")
        self.push("b")

        self.cleanups.close()

        self.assertEqual(["b", "a"], self.done)

    def test_closing_twice_cleans_once(self):
        self.push("a")

        self.cleanups.close()
        self.cleanups.close()

        self.assertEqual(["a"], self.done)

    def test_a_clean_up_can_add_another(self):
        self.cleanups.push(lambda: self.push("late"))

        self.cleanups.close()

        self.assertEqual(["late"], self.done)

    def test_all_run_and_all_failures_are_reported_together(self):
        self.push("a", ValueError("first in"))
        self.push("b")
        self.push("c", OSError("last in"))

        with self.assertRaises(CleanupError) as caught:
            self.cleanups.close()

        self.assertEqual(["c", "b", "a"], self.done)
        self.assertEqual([OSError, ValueError], [type(e) for e in caught.exception.exceptions])
        self.assertEqual(
            "2 clean-up(s) of the example failed\n    - last in\n    - first in",
            str(caught.exception),
        )

    def test_the_only_failure_is_raised_as_it_is_if_it_is_ours(self):
        error = LeakError("a connection is open")
        self.push("a", error)

        with self.assertRaises(LeakError) as caught:
            self.cleanups.close()

        self.assertIs(error, caught.exception)

    def test_the_only_failure_of_somebody_else_says_what_was_cleaned(self):
        self.push("a", OSError("no room"))

        with self.assertRaisesRegex(CleanupError, "of the example failed\n    - no room"):
            self.cleanups.close()

    def test_an_interrupt_keeps_nothing_from_being_cleaned(self):
        self.push("a")
        self.push("b", KeyboardInterrupt())
        self.push("c")

        with self.assertRaises(KeyboardInterrupt):
            self.cleanups.close()

        self.assertEqual(["c", "b", "a"], self.done)

    def test_an_interrupt_carries_the_failures(self):
        self.push("a", OSError("no room"))
        self.push("b", KeyboardInterrupt())

        with self.assertRaises(KeyboardInterrupt) as caught:
            self.cleanups.close()

        self.assertEqual(["while cleaning up the example: no room"], caught.exception.__notes__)

    def test_no_failure_raises_nothing(self):
        self.assertIsNone(raise_all("x", []))
