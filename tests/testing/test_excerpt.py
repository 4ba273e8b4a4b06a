"""How the end of a log is shown."""

import re
import unittest
from pathlib import Path

from harness.testing.excerpt import LONGEST_LINE, SHOWN_LINES, Excerpt


def excerpt(*lines, since=0.0, until=1.25):
    return Excerpt("postgres on docker", "".join(f"{line}\n" for line in lines), since, until)


class ExcerptTest(unittest.TestCase):
    def test_it_has_a_title_with_local_times_and_the_lines(self):
        shown = str(excerpt("one", "two"))

        time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.(\d{3})[+-]\d\d:\d\d"
        match = re.fullmatch(
            rf"log of postgres on docker from {time} to {time}:\n    one\n    two", shown
        )
        self.assertTrue(match, shown)
        self.assertEqual(("000", "250"), match.groups())

    def test_the_last_lines_are_shown(self):
        lines = [f"line {number}" for number in range(SHOWN_LINES + 1)]
        whole = excerpt(*lines)

        self.assertNotIn("line 0\n", str(whole))
        self.assertEqual(SHOWN_LINES + 1, len(str(whole).splitlines()))
        self.assertTrue(str(whole).endswith(lines[-1]))

    def test_what_is_not_shown_is_counted_and_told_where_it_is(self):
        file = Path("/a/test.log")
        much, more = excerpt(*"x" * (SHOWN_LINES + 1)), excerpt(*"x" * (SHOWN_LINES + 5))

        self.assertEqual("", excerpt("x").rest(None))
        self.assertEqual("\n    (kept in /a/test.log)", excerpt("x").rest(file))
        self.assertEqual(
            "\n    (1 more line before these; HARNESS_ARTIFACTS=<directory> keeps them)",
            much.rest(None),
        )
        self.assertEqual("\n    (5 more lines before these; all in /a/test.log)", more.rest(file))

    def test_a_line_of_endless_length_is_cut(self):
        shown = str(excerpt("x" * 10**6))

        self.assertLess(len(shown), LONGEST_LINE + 200)
        self.assertIn(f"({10**6 - LONGEST_LINE} more letters)", shown)

    def test_a_log_cannot_play_with_the_terminal(self):
        shown = str(excerpt("\x1b[31mred\x1b[0m \x1b]0;title\x07 a\rb \x9b1m tab\tend\x00"))

        self.assertTrue(shown.endswith("    red ?]0;title? a?b ?1m tab\tend?"), shown)

    def test_empty_lines_at_the_end_are_nothing(self):
        self.assertEqual([], excerpt("", " ").lines)
