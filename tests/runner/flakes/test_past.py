"""What earlier runs say of flaky tests, and of those in quarantine."""

import datetime
import tempfile
import unittest
from pathlib import Path

from harness.runner.flakes.past import ENOUGH, RUNS, flaky_before, ready
from harness.runner.flakes.policy import found_in
from harness.runner.flakes.quarantine import Quarantine, Quarantined
from harness.runner.kinds import FAILED, FLAKY, PASSED, SKIPPED
from harness.runner.options import Options
from tests.report.history.files import BEGAN, add, attempt, entry, ledger

DAY = datetime.date(2026, 3, 10)
APART = Quarantined("m.A.apart", "payments", "SHOP-1", DAY)
SHAKY = [attempt(FAILED), attempt(PASSED, rerun=1)]


class PastTest(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "history.sqlite")
        self.runs = 0

    def past(self, *kinds, **values):
        """Add a run in which tests of one class have come to these."""
        self.runs += 1
        add(self.path, dict(kinds), began=BEGAN + self.runs, **values)

    def run_of(self, tests):
        """Return the account of this run, with its one test in quarantine."""
        account = ledger(tests)
        account.set_apart({APART.test: APART})
        return account

    def shaky(self, name):
        return entry(name, *SHAKY)

    def test_test_runs_of_the_last_runs_count_but_for_those_skipped_or_apart(self):
        for _ in range(RUNS + 5):
            self.runs += 1
            tests = [
                entry("m.A.a", attempt()),
                self.shaky("m.A.b"),
                entry("m.A.c", attempt(SKIPPED)),
                self.shaky("m.A.apart"),
            ]
            add(self.path, tests, began=BEGAN + self.runs)
        self.assertEqual((2 * RUNS, RUNS), flaky_before(self.path, {"m.A.apart"}))

    def test_a_run_that_has_not_ended_does_not_count(self):
        self.past(("m.A.a", PASSED), exit_code=None)
        self.assertEqual((0, 0), flaky_before(self.path, ()))

    def test_one_flaky_test_in_each_run_of_a_small_suite_is_over_budget_in_the_end(self):
        options, account = Options(flaky="pass"), ledger([self.shaky("m.A.b")])
        self.assertEqual("", found_in(account, options, self.path).over)
        add(self.path, [self.shaky("m.A.b")])
        self.assertEqual(
            "over budget: 2 of 2 test runs are flaky, and 1 may be (0.5 %)",
            found_in(account, options, self.path).over,
        )

    def test_a_run_without_flaky_tests_is_not_over_budget_for_those_before(self):
        for _ in range(3):
            add(self.path, [self.shaky("m.A.b")])
        account = ledger({"m.A.b": PASSED})
        self.assertEqual("", found_in(account, Options(flaky="pass"), self.path).over)

    def test_a_test_that_has_passed_long_enough_is_ready_to_leave_the_quarantine(self):
        self.past(("m.A.apart", FAILED))
        for _ in range(ENOUGH - 2):
            self.past(("m.A.apart", PASSED))
        apart = self.run_of({"m.A.apart": PASSED}).numbered
        self.assertEqual([], list(ready(self.path, apart)))

        self.past(("m.A.apart", PASSED))
        self.assertEqual(
            [
                "    ready to be freed: m.A.apart has passed 60 times in a row, so with 95 % it "
                "fails in less than 4.9 % of its runs (payments, SHOP-1, until 2026-03-10)"
            ],
            list(ready(self.path, apart)),
        )
        failed = self.run_of({"m.A.apart": FLAKY}).numbered
        self.assertEqual([], list(ready(self.path, failed)))

    def test_a_test_that_fails_and_was_flaky_before_is_said_to_have_been(self):
        self.past(("m.A.b", PASSED), ("m.A.c", FAILED), revision="1f", dirty=False)
        self.past(("m.A.b", FAILED), ("m.A.c", FAILED), revision="1f", dirty=False)
        self.past(("m.A.b", FAILED), ("m.A.c", PASSED), revision="1f", dirty=True)
        self.past(("m.A.b", SKIPPED), revision="2e", dirty=False)
        add(self.path, [self.shaky("m.A.b")])
        account = ledger({"m.A.b": FAILED, "m.A.c": FAILED, "m.A.d": FAILED, "m.A.e": PASSED})
        self.assertEqual(
            ("flaky before: m.A.b: flaky in 1 of 4 runs, passed and failed at one commit",),
            found_in(account, Options(), self.path).lines,
        )

    def test_a_history_that_cannot_be_read_is_said_and_does_not_count(self):
        self.path.write_text("no history")
        account = self.run_of({"m.A.apart": PASSED})
        quarantine = Quarantine("quarantine.toml", {APART.test: APART})
        found = found_in(account, Options(quarantine=quarantine), self.path)
        self.assertRegex(found.lines[-1], r"history\.sqlite .*: earlier runs do not count$")
        self.assertEqual((), found.wrong)
