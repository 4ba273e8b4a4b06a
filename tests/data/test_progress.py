"""What is said of a long load, and that nothing is said of a short one."""

import unittest

from harness.data.progress import Progress


class ProgressTest(unittest.TestCase):
    def setUp(self):
        self.now, self.read, self.said = 0.0, 0, []
        self.progress = Progress(
            "users.csv", 1000, lambda: self.read, lambda: self.now, self.said.append
        )

    def advance(self, now, read, rows):
        self.now, self.read = now, read
        self.progress.advance(rows)

    def test_of_a_short_load_nothing_is_said(self):
        self.advance(2.9, 1000, 10)
        self.progress.finish()

        self.assertEqual([], self.said)

    def test_of_a_long_one_a_line_every_few_seconds_and_one_at_the_end(self):
        for second in range(14):
            self.advance(float(second), 70 * second, 1_000_000)
        self.now = 15.0
        self.progress.finish()

        self.assertEqual(
            [
                "loading users.csv: 4,000,000 rows, 21 %, 3 s",
                "loading users.csv: 9,000,000 rows, 56 %, 8 s",
                "loading users.csv: 14,000,000 rows, 91 %, 13 s",
                "loaded users.csv: 14,000,000 rows in 15 s",
            ],
            self.said,
        )

    def test_an_empty_file_is_no_division_by_zero(self):
        progress = Progress("a.csv", 0, lambda: 0, lambda: self.now, self.said.append)
        self.now = 9.0
        progress.advance(0)

        self.assertEqual(["loading a.csv: 0 rows, 0 %, 9 s"], self.said)
