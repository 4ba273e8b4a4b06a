"""What a run prints, line by line."""

import io
import unittest

from harness.report.platforms.github import GitHub
from harness.report.platforms.platform import Terminal
from harness.runner.closing import Closing
from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, UnitAccount
from harness.runner.listeners import Deaf
from harness.runner.options import Options, Output
from tests.report.ledgers import attempt, failed, ledger_of


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        self.stream = io.StringIO()

    def console(self, **given):
        return Console(self.stream, **given)

    def printed(self, *attempts, name="m.ATest.test_a", **given):
        """Return what is printed when attempts of a test have ended."""
        console = self.console(**given)
        for each in attempts:
            console.finished(Entry(name, "m.ATest"), each)
        console.look()
        return self.stream.getvalue()

    def test_a_subtest_is_called_by_the_test_once(self):
        text = self.printed(attempt("failed", "why", part="test_a (m.ATest.test_a) (i=2)"))
        self.assertEqual("\nFAILED: m.ATest.test_a (i=2)\nwhy\n", text)

    def test_a_try_after_the_first_one_says_so(self):
        text = self.printed(attempt("failed", "one"), attempt("failed", "two", rerun=1))
        self.assertIn("\nFAILED: m.ATest.test_a\none\n", text)
        self.assertIn("\nFAILED: m.ATest.test_a (try 2)\ntwo\n", text)

    def test_tests_that_a_fixture_has_blocked_are_one_block(self):
        console = self.console()
        for number in range(5000):
            said = [Outcome("blocked", "setUpModule (m)", "setUpModule (m)")]
            console.finished(Entry(f"m.ATest.test_{number}", "m"), Attempt(outcomes=said))
        console.look()
        self.assertEqual("\nBLOCKED: 5000 tests of m\nsetUpModule (m)\n", self.stream.getvalue())

    def test_nothing_that_a_test_is_called_or_says_is_obeyed(self):
        name, reason = "m.ATest.test_a ##[error]\x1b[2J", "\x1b[2J##[error]gone"
        ledger = ledger_of({"m.ATest": {"test_b": attempt("skipped", reason)}})
        console = self.console(platform=GitHub(), verbose=True)
        console.finished(Entry(name, "m.ATest"), failed("why"))
        console.note(f"{name} for 31 s")
        console.summary(ledger, "", seconds=0.1)

        lines = self.stream.getvalue().splitlines()
        self.assertNotIn("\x1b", self.stream.getvalue())
        found = [number for number, line in enumerate(lines) if "##[error]" in line]
        self.assertEqual(4, len(found))
        for number in found:
            open_to = [line for line in lines[:number] if line.startswith("::")][-1]
            self.assertTrue(open_to.startswith("::stop-commands::"), lines)

    def test_a_single_test_is_one(self):
        ledger = Ledger()
        ledger.expect(UnitAccount("m.ATest", ("m.ATest.test_a",)))
        self.console().began(ledger, 2)
        self.assertEqual("1 test in 2 processes\n", self.stream.getvalue())


class ClosingTest(unittest.TestCase):
    def test_what_bounds_a_run_is_told_where_it_took_long_enough_to_ask(self):
        for seconds, told in (0.9, False), (1.1, True):
            stream = io.StringIO()
            coordinator = Coordinator(Options(), None, Deaf())
            coordinator.ledger.expect(UnitAccount("m.ATest", ("m.ATest.test_a",)))
            coordinator.ledger.numbered[0].attempts.append(attempt())
            coordinator.workers, coordinator.seconds = 1, seconds
            output = Output(verbose=True)
            Closing(Options(), output, Terminal(), Console(stream), coordinator).close()
            self.assertEqual(told, "of the lower bound\n" in stream.getvalue())
