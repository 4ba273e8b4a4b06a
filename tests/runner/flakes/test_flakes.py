"""Quarantine, and flaky tests, in runs of a suite."""

import datetime

import junitparser

from tests.runner.suites import RunnerTest

SUITE = """
class ATest(unittest.TestCase):
    def test_bad(self):
        self.fail("it is bad")

    def test_dies(self):
        os._exit(3)

    def test_flaky(self):
        if not os.path.exists("once"):
            open("once", "w").close()
            self.fail("the first time")

    def test_good(self):
        pass
"""


class FlakesTest(RunnerTest):
    def setUp(self):
        super().setUp()
        (self.root / "setup.cfg").write_text("[harness]\n")
        self.write(test_m=SUITE)

    def quarantine(self, *tests, days=10):
        """Set tests apart, until so many days ahead; return the last one."""
        last = datetime.date.today() + datetime.timedelta(days)
        entries = [
            f'[[quarantine]]\ntest = "test_m.ATest.{test}"\nowner = "payments"\nticket = "SHOP-1"\n'
            f"expires = {last}\n"
            for test in tests
        ]
        (self.root / "quarantine.toml").write_text("\n".join(entries))
        return last

    def test_tests_in_quarantine_run_and_are_reported_apart(self):
        last = self.quarantine("test_bad", "test_dies", "test_flaky")
        text = self.run_suite("-n", "2", "-f", "--junit", "report.xml")

        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        about = f"(payments, SHOP-1, until {last})"
        self.assertIn(f"FAILED: test_m.ATest.test_bad (in quarantine: {about[1:]}", text)
        self.assertIn("quarantined: 3 run, 3 failed\n", text)
        self.assertIn(f"    crashed: test_m.ATest.test_dies {about}\n", text)

        report = junitparser.JUnitXml.fromfile(str(self.root / "report.xml"))
        self.assertEqual((0, 0, 3), (report.failures, report.errors, report.skipped))
        case = next(case for suite in report for case in suite if case.name == "test_bad")
        self.assertEqual(f"in quarantine {about}: failed", case.result[0].message)
        self.assertIn("AssertionError: it is bad", case.system_out)

    def test_they_can_be_run_alone_without_a_gate_or_left_out(self):
        self.quarantine("test_bad", "test_dies", "test_flaky")
        text = self.run_suite("--quarantined", "only")
        self.assertEqual("0 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertIn("quarantined: 3 run, 3 failed\n", text)

        text = self.run_suite("--quarantined", "skip")
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertIn("quarantined: not run, 3 in ", text)
        self.assertNotIn("it is bad", text)

    def test_a_run_of_those_in_quarantine_passes_where_there_are_none(self):
        self.assertIn("quarantined: no test is\n", self.run_suite("--quarantined", "only"))

    def test_an_entry_that_is_over_fails_the_run_and_so_does_one_of_no_test(self):
        self.quarantine("test_good", "test_god", days=-1)
        text = self.run_suite("-k", "test_good", code=1)
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertIn("test_m.ATest.test_good is in quarantine no more: it was until ", text)
        self.assertIn(", 1 day ago (payments, SHOP-1)\n", text)

        self.write(test_m="class ATest(unittest.TestCase):\n    def test_good(self): pass\n")
        self.quarantine("test_god")
        text = self.run_suite(code=1)
        self.assertIn("no test test_m.ATest.test_god; did you mean test_m.ATest.test_good?", text)

    def test_a_file_that_is_wrong_is_refused(self):
        self.quarantine("test_bad", days=91)
        self.assertIn("91 days ahead: 90 at most (quarantine_days)", self.run_suite(code=2))
        (self.root / "setup.cfg").write_text("[harness]\nquarantine = nowhere.toml\n")
        self.assertIn("nowhere.toml cannot be read\n", self.run_suite(code=2))

    def flaky(self, *arguments, code):
        (self.root / "once").unlink(missing_ok=True)
        chosen = ("-k", "flaky", "-k", "good", "--rerun-failed", "1")
        return self.run_suite(*chosen, *arguments, code=code)

    def test_a_retry_buys_a_label_and_a_pass_only_within_a_budget(self):
        self.assertIn("1 passed, 1 failed, 0 skipped (of the failed: 1 flaky)", self.flaky(code=1))
        passed = self.flaky("--flaky", "pass", code=0)
        self.assertEqual("1 passed, 0 failed, 0 skipped, 1 flaky", self.last_line(passed))
        over = self.flaky("--flaky", "pass", "--flake-budget", "0", code=4)
        self.assertIn("over budget: 1 of 2 test runs are flaky, and 0 may be (0 %)\n", over)

    def test_the_policy_is_a_setting(self):
        (self.root / "setup.cfg").write_text("[harness]\nflaky = pass\n")
        self.flaky(code=0)
        self.flaky("--flaky", "fail", code=1)
        (self.root / "setup.cfg").write_text("[harness]\nflaky = pass\nflake_budget = 0\n")
        self.flaky(code=4)

    def test_a_retry_never_excuses_a_test_that_has_ended_its_worker(self):
        self.write(
            test_m="""
            class ATest(unittest.TestCase):
                def test_dies_once(self):
                    if not os.path.exists("once"):
                        open("once", "w").close()
                        os._exit(3)
            """
        )
        text = self.run_suite("--rerun-failed", "2", "--flaky", "pass", code=1)
        self.assertIn("0 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", text)
