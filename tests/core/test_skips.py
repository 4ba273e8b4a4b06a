"""What is said at the end of tests that were skipped."""

import unittest

from harness.core.skips import MOST, gist, summary
from tests.support.unit import run_python

NOWHERE = "no provider can run {}\n    external: no URL\n    docker: no daemon\n  next: run it"


class SummaryTest(unittest.TestCase):
    def test_services_that_differ_in_their_options_have_one_reason(self):
        reasons = [NOWHERE.format("Redis()"), NOWHERE.format("Redis(name='(b)')")]
        self.assertEqual(
            [
                "2 tests were skipped:",
                "    2: no provider can run Redis (external: no URL; docker: no daemon)",
            ],
            summary(reasons),
        )

    def test_the_most_frequent_reasons_come_first_and_the_last_are_counted_together(self):
        reasons = ["often", "often", *(f"once {number}" for number in range(MOST + 1))]
        lines = summary(reasons)
        self.assertEqual(MOST + 2, len(lines))
        self.assertEqual("    2: often", lines[1])
        self.assertEqual("    2: for other reasons", lines[-1])

    def test_one_is_told_as_one_and_none_not_at_all(self):
        self.assertEqual(["1 test was skipped:", "    1: "], summary([""]))
        self.assertEqual([], summary([]))

    def test_other_reasons_are_told_by_their_first_line(self):
        self.assertEqual("not on Sundays", gist("not on Sundays\nbut on Mondays"))


class EndTest(unittest.TestCase):
    def test_they_are_told_once_at_the_end_of_the_process_that_counted_them(self):
        done = run_python(
            "import os\n"
            "from harness.core.skips import skips\n"
            "skips.note('not today')\n"
            "if os.fork() == 0: raise SystemExit\n"
            "os.wait()\n"
            "print('over')\n"
        )
        self.assertEqual(
            "harness: 1 test was skipped:\n    1: not today\n", done.stderr, done.stdout
        )

    def test_nothing_is_told_where_somebody_else_counts(self):
        done = run_python(
            "from harness.core.skips import skips; skips.silence(); skips.note('not today')"
        )
        self.assertEqual("", done.stderr)
