"""What a run comes to, in short."""

import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness.report.summary import names_again, names_missing, repeat_command, tally
from harness.runner.kinds import FLAKY
from harness.runner.ledger import Attempt, Outcome
from harness.runner.selection import Selection
from tests.report.ledgers import attempt, failed, ledger_of, nothing, rerun

FIXTURE = "setUpClass (m.ATest)"


def broken(tests, part=FIXTURE):
    """Return an account in which a fixture has failed, too."""
    ledger = ledger_of({"m.ATest": tests})
    ledger.fixtures.append(("m.ATest", Outcome("error", "OSError: no", part)))
    return ledger


def blocked(count):
    """Return tests that the fixture has blocked."""
    return {f"test_{n}": attempt("blocked", FIXTURE, part=FIXTURE) for n in range(count)}


class TallyTest(unittest.TestCase):
    def test_each_test_is_counted_once(self):
        tests = {
            "test_a": attempt(),
            "test_b": attempt("crashed"),
            "test_c": rerun([failed(), attempt()]),
            "test_d": failed(),
            "test_e": attempt("expected failure"),
            "test_f": nothing(),
        }
        ledger = ledger_of({"m.ATest": tests})
        self.assertEqual(
            "1 passed, 3 failed, 0 skipped, 1 expected to fail, 1 not run "
            "(of the failed: 1 crashed, 1 flaky)",
            tally(ledger),
        )
        ledger.tolerated = frozenset({FLAKY})
        self.assertEqual(
            "1 passed, 2 failed, 0 skipped, 1 expected to fail, 1 flaky, 1 not run "
            "(of the failed: 1 crashed)",
            tally(ledger),
        )

    def test_a_fixture_that_makes_the_run_fail_is_counted_once_however_often_it_has_failed(self):
        ledger = broken({"test_a": attempt()}, "tearDownClass (m.ATest)")
        ledger.fixtures *= 2
        self.assertEqual("1 passed, 0 failed, 0 skipped, 1 fixture failed", tally(ledger))
        self.assertEqual(["error: tearDownClass (m.ATest)"], names_again(ledger))


class NamesTest(unittest.TestCase):
    def test_tests_that_a_fixture_has_blocked_are_counted_with_it(self):
        ledger = broken({**blocked(5000), "test_other": failed()})
        self.assertEqual(
            [f"error: {FIXTURE}, blocks 5000 tests", "failed: m.ATest.test_other"],
            names_again(ledger),
        )

    def test_those_that_something_else_has_blocked_are_named(self):
        ledger = broken({"test_a": attempt("blocked", "its worker has ended")})
        self.assertEqual([f"error: {FIXTURE}", "blocked: m.ATest.test_a"], names_again(ledger))

    def test_of_tests_that_were_not_run_some_are_named_after_those_that_have_not_ended(self):
        tests = {f"test_{n:03}": nothing() for n in range(299)}
        tests["test_last"] = Attempt(worker=1, began=1.0)
        lines = names_missing(ledger_of({"m.ATest": tests}).missing())
        self.assertEqual(
            ["not finished: m.ATest.test_last", "not run: m.ATest.test_000"], lines[:2]
        )
        self.assertEqual(12, len(lines))
        self.assertEqual("and 289 more not run", lines[-1])


class RepeatTest(unittest.TestCase):
    def command(self, *names, unit="m.ATest", selection=Selection()):  # noqa: B008
        tests = {name: failed() for name in names}
        ledger = ledger_of({unit: tests})
        return repeat_command(ledger, selection, 7).removeprefix("harness run --seed 7 ")

    def test_a_test_that_is_there_twice_is_named_once_and_no_name_is_cut(self):
        self.assertEqual("m.ATest.test_a", self.command("test_a", "test_a#2"))
        self.assertEqual("'m.ATest.test_#2'", self.command("test_#2"))

    def test_what_cannot_be_named_has_no_command(self):
        self.assertEqual("", self.command("test_a", unit="m.make.<locals>.ATest"))
        for unit in "doctest.DocTestCase", "suite 1", "m.func":
            with self.subTest(unit):
                ledger = ledger_of({"m.ATest": {"test_a": failed()}})
                ledger.numbered[0].unit = unit
                ledger.numbered[0].name = "m.func"
                self.assertEqual("", repeat_command(ledger, Selection(), 7))

    def test_the_name_of_one_below_another_directory_is_no_pattern(self):
        with tempfile.TemporaryDirectory() as directory:
            text = "import unittest\n\n\nclass ATest(unittest.TestCase):\n    pass\n"
            for name in "test_x[1]", "test_x1":
                text += f'setattr(ATest, "{name}", lambda self: print(self.id()))\n'
            Path(directory, "sub").mkdir()
            Path(directory, "sub", "test_m.py").write_text(text)
            command = self.command(
                "test_x[1]", unit="test_m.ATest", selection=Selection(start="sub")
            )
            self.assertEqual("-s sub -k '*test_m.ATest.test_x[[]1]'", command)
            done = subprocess.run(
                [sys.executable, "-m", "unittest", "discover", *shlex.split(command)],
                cwd=directory,
                capture_output=True,
                text=True,
                check=True,
            )
        self.assertEqual("test_m.ATest.test_x[1]\n", done.stdout)
