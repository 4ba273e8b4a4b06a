"""What a test comes to that was run more than once, and a run with what is said of no test."""

import unittest
from unittest import mock

from harness.runner.clerk import Clerk
from harness.runner.kinds import (
    BLOCKED,
    CRASHED,
    ERROR,
    EXPECTED,
    FAILED,
    FLAKY,
    MISSING,
    PASSED,
    SKIPPED,
    UNEXPECTED,
)
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, UnitAccount
from harness.runner.listeners import Deaf
from harness.runner.plan import Work


def kind_of(*rounds):
    """Return the verdict on a test by what each attempt of each round came to."""
    attempts = [
        Attempt(round, rerun, outcomes=[Outcome(kind)])
        for round, kinds in enumerate(rounds, 1)
        for rerun, kind in enumerate(kinds)
    ]
    return Entry("m.A.test_a", "m.A", attempts=attempts).kind


class VerdictTest(unittest.TestCase):
    def test_one_that_failed_and_then_passed_is_flaky(self):
        self.assertEqual(FLAKY, kind_of([FAILED, PASSED]))
        self.assertEqual(FLAKY, kind_of([ERROR, FAILED, PASSED]))
        self.assertEqual(FLAKY, kind_of([UNEXPECTED, EXPECTED]))

    def test_it_is_in_one_round_and_whatever_passes_in_another_one_excuses_nothing(self):
        self.assertEqual(FLAKY, kind_of([PASSED], [FAILED, PASSED]))
        self.assertEqual(FLAKY, kind_of([FAILED, PASSED], [PASSED], [SKIPPED]))
        self.assertEqual(FAILED, kind_of([FAILED, PASSED], [FAILED, FAILED]))
        self.assertEqual(FAILED, kind_of([PASSED], [FAILED]))
        self.assertEqual(BLOCKED, kind_of([FAILED, PASSED], [BLOCKED]))

    def test_one_that_runs_twice_at_a_time_has_not_run_as_often_as_it_is_due(self):
        attempts = [Attempt(round, outcomes=[Outcome(PASSED)]) for round in (1, 1, 2, 2)]
        entry = Entry("m.A.test_a", "m.A", due=3, attempts=attempts)
        self.assertEqual((False, 2), (entry.reported, entry.tries))

    def test_neither_a_skip_nor_a_crash_is_a_pass(self):
        self.assertEqual(FAILED, kind_of([FAILED, SKIPPED]))
        self.assertEqual(CRASHED, kind_of([FAILED, CRASHED]))
        self.assertEqual(CRASHED, kind_of([FAILED, CRASHED], [PASSED]))

    def test_a_verdict_that_was_asked_for_before_is_that_of_all_attempts(self):
        entry = Entry("m.A.test_a", "m.A")
        seen = []
        for round, kind in enumerate([PASSED, PASSED, FAILED, PASSED, CRASHED], 1):
            entry.attempts.append(Attempt(round, outcomes=[Outcome(kind)]))
            seen.append(entry.kind)
        self.assertEqual([PASSED, PASSED, FAILED, FAILED, CRASHED], seen)

    def test_what_has_failed_and_passed_within_one_try_has_failed(self):
        for kinds in (FAILED, PASSED), (PASSED, FAILED), (PASSED, PASSED, FAILED, PASSED):
            attempts = [Attempt(outcomes=[Outcome(kind)]) for kind in kinds]
            self.assertEqual(FAILED, Entry("m.A.test_a", "m.A", attempts=attempts).kind)
            again = Attempt(rerun=1, outcomes=[Outcome(PASSED)])
            self.assertEqual(FLAKY, Entry("m.A.test_a", "m.A", attempts=[*attempts, again]).kind)

    def test_of_what_did_not_run_nothing_is_known(self):
        self.assertEqual(MISSING, kind_of())
        self.assertEqual(MISSING, kind_of([]))


class RedTest(unittest.TestCase):
    def test_whatever_has_failed_outside_of_a_test_makes_the_run_fail(self):
        for kind, red in (
            (FAILED, True),
            (ERROR, True),
            (UNEXPECTED, True),
            (SKIPPED, False),
            (EXPECTED, False),
        ):
            with self.subTest(kind):
                ledger = Ledger()
                ledger.expect(UnitAccount("m.A", ("m.A.test_a",)))
                ledger.fixtures.append(("m.A", Outcome(kind, "why", "test_copy (m.A.test_copy)")))
                self.assertEqual(red, ledger.red)

    def test_fixtures_of_a_unit_whose_tests_nobody_knows_make_it_fail(self):
        ledger = Ledger()
        ledger.unit("m.A")
        ledger.fixtures.append(("m.A", Outcome(ERROR, "why", "setUpClass (m.A)")))
        self.assertTrue(ledger.red)


class ClerkTest(unittest.TestCase):
    def test_tests_that_were_not_begun_are_blocked_by_whatever_has_failed_outside_of_them(self):
        clerk = Clerk(Deaf())
        clerk.ledger.expect(UnitAccount("m.A", ("m.A.test_a",)))
        said = [Outcome(SKIPPED, "", "test_b"), Outcome(FAILED, "why", "test_copy")]

        clerk.settle(Work("m.A", ("m.A.test_a",)), said)
        (attempt,) = clerk.ledger.numbered[0].attempts
        self.assertEqual([Outcome(BLOCKED, "test_copy", "test_copy")], attempt.outcomes)


class LedgerTest(unittest.TestCase):
    KINDS = {
        "m.A.test_a": PASSED,
        "m.A.test_b": FAILED,
        "m.A.test_c": FAILED,
        "m.A.test_d": MISSING,
    }

    def ledger(self):
        """Return the account of a run in which one test passed, two failed, and one did not run."""
        ledger = Ledger()
        ledger.expect(UnitAccount("m.A", tuple(self.KINDS)))
        for entry in ledger.numbered:
            entry.due = 1
            if self.KINDS[entry.name] != MISSING:
                entry.attempts.append(Attempt(outcomes=[Outcome(self.KINDS[entry.name])]))
        return ledger

    def test_it_says_what_a_run_has_come_to_before_it_is_closed_and_after(self):
        ledger = self.ledger()
        ledger.set_apart({"m.A.test_c": mock.sentinel.quarantined})
        for close in (lambda: None, ledger.close):
            close()
            self.assertEqual({PASSED: 1, FAILED: 1, MISSING: 1}, ledger.counts())
            self.assertEqual(["m.A.test_b"], [entry.name for entry in ledger.failed()])
            self.assertEqual(["m.A.test_d"], [entry.name for entry in ledger.missing()])
            self.assertTrue(ledger.red)

    def test_what_is_tolerated_has_not_failed(self):
        ledger = self.ledger()
        ledger.tolerated = frozenset({FAILED})
        self.assertEqual([], ledger.failed())
        self.assertFalse(ledger.red)

    def test_what_was_run_less_often_than_it_was_due_is_missing_and_may_have_failed(self):
        ledger = self.ledger()
        ledger.entries["m.A.test_b"].due = 2
        self.assertEqual({PASSED: 1, FAILED: 1, MISSING: 2}, ledger.counts())
        self.assertIn("m.A.test_b", [entry.name for entry in ledger.failed()])
