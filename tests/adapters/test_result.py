"""What the result proxy adds to failures, and that it passes everything else on."""

import os
import tempfile
import unittest
from contextlib import chdir

from harness import HarnessTestCase
from harness.adapters.result import NotingResult
from harness.core.lease import Holder
from harness.errors import StartError
from harness.testing.logs import LogRecorder
from tests.support.fakes import Fake, failing
from tests.support.inner import InnerTest

REPEAT = "harness: repeat with: TEST_SEED=7 python -m unittest "


def proxy(result):
    """Return the proxy of a result, for a test without leases and with one note."""
    holder = Holder(failing(AssertionError()))
    return NotingResult(result, lambda failed: ["the note"], holder, LogRecorder())


def info(error):
    return type(error), error, None


class NotesTest(InnerTest):
    def test_failures_and_errors_carry_the_command_that_repeats_them(self):
        class Case(HarnessTestCase):
            def test_1_fails(self):
                self.fail("sums differ")

            def test_2_breaks(self):
                raise ValueError

            def test_3_fails_in_a_subtest(self):
                with self.subTest(number=1):
                    self.fail("sums differ")

        result = self.run_inner(Case)

        notes = [error.__notes__ for error in result.raised]
        self.assertEqual(3, len(notes))
        for (note,), name in zip(
            notes, ["1_fails", "2_breaks", "3_fails_in_a_subtest"], strict=True
        ):
            self.assertTrue(note.startswith(REPEAT), note)
            self.assertTrue(note.endswith(f"Case.test_{name}"), note)

    def test_errors_of_setup_teardown_and_cleanups_carry_it_too(self):
        class Case(HarnessTestCase):
            def setUp(self):
                self.addCleanup(failing(ValueError("clean-up")))

            def tearDown(self):
                raise ValueError("tearDown")

            def test(self):
                pass

        result = self.run_inner(Case)

        self.assertEqual(2, len(result.errors))
        for _, text in result.errors:
            self.assertIn(REPEAT, text)

    def test_expected_failures_and_skips_carry_none(self):
        error = ValueError("expected")

        class Case(HarnessTestCase):
            @unittest.expectedFailure
            def test(self):
                raise error

        self.run_inner(Case)

        self.assertFalse(hasattr(error, "__notes__"))

    def test_tests_that_share_one_outage_have_one_note_each(self):
        class Case(HarnessTestCase):
            db = Fake(self.journal, starting=failing(StartError("no disk left")))

            def test_one(self):
                self.db.use()

            def test_two(self):
                self.db.use()

        result = self.run_inner(Case)

        self.assertEqual([1, 1], [len(error.__notes__) for error in result.raised])

    def test_tests_that_raise_one_exception_object_have_one_note_each(self):
        error = ValueError("shared by a mock's side_effect")

        class Case(HarnessTestCase):
            def test_one(self):
                raise error

            def test_two(self):
                raise error

        result = self.run_inner(Case)

        self.assertEqual([1, 1], [text.count("repeat with") for _, text in result.errors])

    def test_the_users_own_notes_stay_first(self):
        error = ValueError()
        error.add_note("on a Sunday")

        proxy(unittest.TestResult()).addError(self, info(error))

        self.assertEqual(["on a Sunday", "harness: the note"], error.__notes__)

    def test_the_command_holds_where_the_run_was_started_though_the_test_went_elsewhere(self):
        class Case(HarnessTestCase):
            def test_stays(self):
                self.fail("sums differ")

            def test_went_elsewhere(self):
                self.enterContext(chdir(self.enterContext(tempfile.TemporaryDirectory())))
                self.fail("sums differ")

        result = self.run_inner(Case)

        stayed, went = (error.__notes__[0] for error in result.raised)
        self.assertEqual(stayed.replace("test_stays", "test_went_elsewhere"), went)

    @unittest.skipIf(os.name == "nt", "Windows keeps the directory that a process is in")
    def test_a_test_whose_directory_is_gone_fails_as_any_other(self):
        class Case(HarnessTestCase):
            def test(self):
                self.enterContext(chdir("."))
                with tempfile.TemporaryDirectory() as directory:
                    os.chdir(directory)
                self.fail("sums differ")

        result = self.run_inner(Case)

        self.assertOutcomes("failure")
        self.assertIn(REPEAT, result.failures[0][1])


class PassingOnTest(InnerTest):
    def test_attributes_of_a_users_own_result_are_seen(self):
        class Own(unittest.TestResult):
            colour = "green"

        self.assertEqual("green", proxy(Own()).colour)

    def test_what_the_result_lacks_the_proxy_lacks(self):
        class Old:
            def addError(self, test, err):
                pass

        self.assertFalse(hasattr(proxy(Old()), "addSubTest"))
        self.assertFalse(hasattr(proxy(Old()), "addDuration"))

    def test_a_result_that_knows_nothing_of_subtests_can_be_used(self):
        class Old(unittest.TestResult):
            @property
            def addSubTest(self):
                raise AttributeError

        class Case(HarnessTestCase):
            def test(self):
                with self.subTest():
                    self.fail("sums differ")

        self.result = Old()
        self.run_inner(Case)

        self.assertEqual(1, len(self.result.failures))

    @unittest.skipUnless(hasattr(unittest.TestResult, "addDuration"), "new in Python 3.12")
    def test_durations_reach_the_result(self):
        class Case(HarnessTestCase):
            def test(self):
                pass

        result = self.run_inner(Case)

        self.assertEqual(1, len(result.collectedDurations))
