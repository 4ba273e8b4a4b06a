"""What flaky tests, and those in quarantine, make of a run."""

import datetime
import unittest
from unittest import mock

from harness.core.nearest import nearest
from harness.runner.changes.reach import Reach
from harness.runner.flakes import policy
from harness.runner.flakes.policy import Budget, budget_of, complaints, found_in
from harness.runner.flakes.quarantine import Quarantine, Quarantined
from harness.runner.kinds import CRASHED, ERROR, FAILED, FLAKY, PASSED, SKIPPED
from harness.runner.ledger import Attempt, Ledger, Outcome, UnitAccount
from harness.runner.options import ONLY, SKIP, Options
from harness.runner.selection import Selection

DAY = datetime.date(2026, 3, 10)


def ledger_of(**kinds):
    """Return an account in which tests of one class have come to these, one attempt each."""
    ledger = Ledger()
    ledger.expect(UnitAccount("m.A", tuple(f"m.A.{name}" for name in kinds)))
    for entry, attempts in zip(ledger.numbered, kinds.values(), strict=True):
        for rerun, kind in enumerate([attempts] if isinstance(attempts, str) else attempts):
            entry.attempts.append(Attempt(rerun=rerun, outcomes=[Outcome(kind)]))
    return ledger


def entry(name, days=5):
    return Quarantined(f"m.A.{name}", "payments", "SHOP-1", DAY + datetime.timedelta(days))


def quarantine_of(*entries):
    return Quarantine.of("quarantine.toml", entries, DAY)


class QuarantineTest(unittest.TestCase):
    def test_what_fails_in_quarantine_is_told_and_does_not_make_the_run_fail(self):
        ledger = ledger_of(a=PASSED, b=FAILED, c=PASSED, d=[FAILED, PASSED])
        quarantine = quarantine_of(entry("b"), entry("c"), entry("d"))
        ledger.set_apart(quarantine.tests)

        self.assertFalse(ledger.red)
        self.assertEqual({PASSED: 1}, dict(ledger.counts()))
        self.assertEqual(
            [
                "quarantined: 3 run, 2 failed",
                "    failed: m.A.b (payments, SHOP-1, until 2026-03-15)",
                "    flaky: m.A.d (payments, SHOP-1, until 2026-03-15)",
            ],
            found_in(ledger, Options(quarantine=quarantine)).told,
        )

    def test_those_that_do_not_run_are_told_without_those_that_run_with_their_suite(self):
        ledger = ledger_of(a=PASSED, b=PASSED)
        for names, left in ("bc", ["quarantined: not run, 1 in quarantine.toml"]), ("b", []):
            quarantine = quarantine_of(*map(entry, names)).run_as(SKIP)
            ledger.set_apart(quarantine.tests)
            told = found_in(ledger, Options(quarantine=quarantine)).told
            self.assertEqual([*left, "quarantined: 1 run, 0 failed"], told)

    def test_one_that_is_over_makes_it_fail_and_counts_as_any_other(self):
        ledger = ledger_of(a=FAILED)
        quarantine = quarantine_of(entry("a", days=-12))
        ledger.set_apart(quarantine.tests)

        self.assertTrue(ledger.red)
        self.assertEqual(
            [
                "quarantine.toml: m.A.a is in quarantine no more: it was until 2026-02-26, "
                "12 days ago (payments, SHOP-1)"
            ],
            complaints(quarantine, ledger, Options()),
        )

    def test_an_entry_of_no_test_makes_it_fail_where_that_can_be_known(self):
        ledger = ledger_of(test_pay=PASSED)
        typo, other = entry("test_pya"), Quarantined("elsewhere.Other.none", "me", "1", DAY)
        line = "quarantine.toml: there is no test m.A.test_pya; did you mean m.A.test_pay?"
        none = "quarantine.toml: there is no test elsewhere.Other.none"
        for selection, expected in (
            (Selection(), [line, none]),
            (Selection(start="tests"), [line]),
            (Selection(pattern="unit_*.py"), [line]),
            (Selection(names=("m.A",)), []),
            (Selection(patterns=("pay",)), []),
        ):
            with self.subTest(selection):
                found = complaints(quarantine_of(typo, other), ledger, Options(selection))
                self.assertEqual(expected, found)
        for mode in ONLY, SKIP:
            self.assertEqual([], complaints(quarantine_of(typo).run_as(mode), ledger, Options()))

    def test_a_run_that_leaves_tests_out_does_not_know_of_an_entry_of_none(self):
        ledger, quarantine = ledger_of(test_pay=PASSED), quarantine_of(entry("test_left_out"))
        for options in Options(tiers=("unit",)), Options(reach=Reach("main")):
            with self.subTest(options):
                findings = found_in(ledger, options._replace(quarantine=quarantine))
                self.assertEqual((), findings.wrong)

    def test_an_entry_of_no_test_is_compared_with_few_of_many(self):
        tests = {f"m{n}.A.test_{n}": PASSED for n in range(20_000)}
        ledger = Ledger()
        ledger.expect(UnitAccount("m", tuple(tests)))
        for name, near in (
            ("m77.A.tset_77", "m77.A.test_77"),
            ("m77.B.test_77x", "m77.A.test_77"),
            ("elsewhere.A.test_77", "m77.A.test_77"),
            ("elsewhere.A.test_x", None),
        ):
            with self.subTest(name):
                entry = Quarantined(name, "me", "1", DAY)
                with mock.patch.object(policy, "nearest", wraps=nearest) as compared:
                    (line,) = complaints(quarantine_of(entry), ledger, Options())
                self.assertLess(sum(len(call.args[1]) for call in compared.mock_calls), 10)
                self.assertEqual(near is not None, line.endswith(f"; did you mean {near}?"))

    def test_fixtures_make_it_fail_unless_all_that_they_are_for_is_in_quarantine(self):
        for names, red in (["a"], True), (["a", "b"], False):
            ledger = ledger_of(a=PASSED, b=PASSED)
            ledger.fixtures.append(("m.A", Outcome(ERROR, "", "setUpClass")))
            ledger.set_apart(quarantine_of(*map(entry, names)).tests)
            self.assertEqual(red, ledger.red)


class FlakyTest(unittest.TestCase):
    def test_a_flaky_test_makes_the_run_fail_unless_that_is_tolerated(self):
        ledger = ledger_of(a=[FAILED, PASSED])
        self.assertEqual(FLAKY, ledger.numbered[0].kind)
        self.assertTrue(ledger.red)
        ledger.tolerated = frozenset({FLAKY})
        self.assertFalse(ledger.red)

    def test_a_test_that_has_ended_its_worker_is_not_flaky_whatever_came_later(self):
        for attempts in [CRASHED, PASSED], [FAILED, PASSED, CRASHED], [FAILED, CRASHED, PASSED]:
            self.assertEqual(CRASHED, ledger_of(a=attempts).numbered[0].kind)

    def test_the_budget_counts_tests_that_have_run_and_gate(self):
        ledger = ledger_of(a=[FAILED, PASSED], b=PASSED, c=SKIPPED, d=[FAILED, PASSED], e=FAILED)
        ledger.set_apart(quarantine_of(entry("d")).tests)
        self.assertEqual(Budget(0.005, 3, 1), budget_of(ledger, 0.005))
        self.assertEqual(Budget(0.005, 103, 3), budget_of(ledger, 0.005, (100, 2)))

    def test_a_budget_has_room_for_one_unless_there_is_none(self):
        for share, runs, room in (
            (0.005, 10, 1),
            (0.005, 399, 1),
            (0.005, 400, 2),
            (0.05, 100, 5),
            (0.0, 10_000, 0),
            (1.0, 7, 7),
            (0.29, 100, 29),
            (0.7 / 100, 1000, 7),
        ):
            with self.subTest(share=share, runs=runs):
                self.assertEqual(room, Budget(share, runs, 0).room)
                self.assertFalse(Budget(share, runs, room).exceeded)
                self.assertTrue(Budget(share, runs, room + 1).exceeded)

    def test_more_than_the_budget_has_room_for_is_said(self):
        ledger = ledger_of(a=[FAILED, PASSED], b=[FAILED, PASSED])
        over = "over budget: 2 of 2 test runs are flaky, and 1 may be (0.5 %)"
        self.assertEqual(over, found_in(ledger, Options(flaky="pass")).over)
        self.assertEqual("", found_in(ledger, Options(flaky="fail")).over)
        self.assertEqual("", found_in(ledger, Options(flaky="pass", flake_budget=1.0)).over)
