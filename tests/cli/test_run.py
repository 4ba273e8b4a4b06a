"""Options of `harness run` that cannot be meant, alone or together."""

from tests.runner.suites import RunnerTest

SUITE = """
class ATest(unittest.TestCase):
    def test_a(self):
        pass
"""


class OptionsTest(RunnerTest):
    def setUp(self):
        super().setUp()
        self.write(test_a=SUITE)

    def refused(self, *arguments):
        """Return the first line of what is said of options that are refused, without a run."""
        text = self.run_suite(*arguments, code=2)
        self.assertNotIn("passed", text)
        return next(line for line in text.splitlines() if line.startswith(("harness:", "Error:")))

    def test_what_is_no_number_of_seconds_is_refused(self):
        for flag, text in ("--timeout", "nan"), ("--timeout", "inf"), ("--time-limit", "nan"):
            with self.subTest(flag, text=text):
                self.assertIn(f"Invalid value for '{flag}'", self.refused(flag, text))
        self.assertIn(
            "'nan' is not a number up to 1000000000", self.refused("--flake-budget", "nan")
        )

    def test_what_the_first_failure_ends_cannot_try_once_more(self):
        for flag in "--failfast", "--until-fail":
            self.assertEqual(
                f"harness: {flag} and --rerun-failed contradict each other",
                self.refused(flag, "--rerun-failed", "2"),
            )

    def test_what_no_failure_ends_needs_another_end(self):
        self.assertEqual(
            "harness: --until-fail and --quarantined only would never end",
            self.refused("--until-fail", "--quarantined", "only"),
        )

    def test_what_explains_nothing_is_refused(self):
        self.assertEqual(
            "harness: --why explains --changed-since, which is not there", self.refused("--why")
        )
