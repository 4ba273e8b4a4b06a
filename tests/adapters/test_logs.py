"""The logs of the instances, with the failures of tests."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness import AsyncHarnessTestCase, HarnessTestCase
from harness.errors import LeakError
from harness.testing import artifacts
from tests.support.fakes import LoggingFake, environment, failing
from tests.support.inner import InnerTest


class LogsTest(InnerTest):
    def setUp(self):
        super().setUp()
        self.keep = Path(self.enterContext(tempfile.TemporaryDirectory()), "kept")
        self.use(environment(HARNESS_ARTIFACTS=str(self.keep)))
        self.db = LoggingFake(self.journal)

    def notes(self, number=0):
        return self.result.raised[number].__notes__

    def kept(self):
        """Return what is kept of the tests, by the names of folder and file."""
        files = self.keep.glob("*/*.log")
        return {f"{file.parent.name}/{file.name}": file.read_text() for file in files}

    def say(self, *lines):
        self.environment.instance(self.db).running.say(*lines)

    def test_the_log_comes_before_the_command_that_repeats_the_test(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                say("ERROR: duplicate key")
                self.fail("sums differ")

        self.run_inner(Case)

        log, repeat = self.notes()
        self.assertRegex(
            log, r"^harness: log of fake on external from .*:\n    ERROR: duplicate key\n"
        )
        self.assertTrue(repeat.startswith("harness: repeat with: "))

    def test_what_leases_have_to_say_comes_first(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.failure_notes = lambda: ["nobody committed"]
                say("ERROR: duplicate key")
                self.fail("sums differ")

        self.run_inner(Case)

        self.assertEqual("harness: nobody committed", self.notes()[0])
        self.assertIn("log of fake", self.notes()[1])

    def test_a_service_that_runs_already_is_marked_before_it_is_touched(self):
        say = self.say
        say("before")

        class Case(HarnessTestCase):
            db = self.db

            def setUp(self):
                say("during setUp")

            def test(self):
                self.fail("sums differ")

        self.run_inner(Case)

        self.assertIn("    during setUp", self.notes()[0])
        self.assertNotIn("before\n", self.notes()[0])

    def test_what_a_service_logged_while_it_started_belongs_to_no_test(self):
        say = self.say

        class Case(HarnessTestCase):
            db = LoggingFake(self.journal, leasing=lambda: say("migrated"))

            def test(self):
                self.db.use()
                self.fail("sums differ")

        self.db = Case.db

        self.run_inner(Case)

        self.assertEqual(1, len(self.notes()))

    def test_the_whole_test_is_kept_clean_ups_included(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.addCleanup(say, "clean-up")
                self.db.use()
                say("test")
                self.fail("sums differ")

        self.run_inner(Case)

        name = artifacts.safe_name(self.one(Case).id())
        self.assertEqual({f"{name}/fake-on-external.log": "test\nclean-up\n"}, self.kept())
        self.assertIn(str(self.keep / name), self.notes()[0])

    def test_a_release_that_fails_shows_what_was_logged_since_the_failure(self):
        say = self.say

        class Case(HarnessTestCase):
            db = LoggingFake(self.journal, releasing=failing(LeakError("a connection is open")))

            def test(self):
                self.db.use()
                self.addCleanup(say, "two")
                say("one")
                self.fail("sums differ")

        self.db = Case.db

        self.run_inner(Case)

        self.assertIn("\n    one\n", self.notes(0)[0])
        self.assertIn("\n    two\n", self.notes(1)[0])
        self.assertNotIn("\n    one\n", self.notes(1)[0])
        self.assertEqual(["one\ntwo\n"], list(self.kept().values()))

    def test_each_failed_subtest_shows_and_keeps_its_own_part(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()
                for number in (1, 2, 3):
                    with self.subTest(number=number):
                        say(f"part {number}")
                        self.assertEqual(2, number)

        self.run_inner(Case)

        self.assertEqual(2, len(self.result.raised))
        self.assertIn("    part 3\n", self.notes(1)[0])
        self.assertNotIn("part 2", self.notes(1)[0])
        self.assertEqual(["part 1\n", "part 3\n"], sorted(self.kept().values()))

    def test_a_test_that_passes_or_fails_as_expected_keeps_nothing_and_reads_nothing(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test_1(self):
                self.db.use()
                say("one")

            @unittest.expectedFailure
            def test_2(self):
                say("two")
                self.fail("as expected")

        self.run_inner(Case)

        self.assertEqual({}, self.kept())
        self.assertEqual(0, self.environment.instance(self.db).running.readings)

    def test_a_coroutine_shows_them_as_well(self):
        say = self.say

        class Case(AsyncHarnessTestCase):
            db = self.db

            async def test(self):
                self.db.use()
                say("ERROR: duplicate key")
                self.fail("sums differ")

        self.run_inner(Case)

        self.assertIn("    ERROR: duplicate key\n", self.notes()[0])

    def test_the_complete_log_is_kept_when_the_environment_is_closed(self):
        self.say("before")

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.db.use()

        self.run_inner(Case)
        self.environment.close()

        self.assertEqual({"instances/fake-on-external-fake.log": "before\n"}, self.kept())

    def test_a_full_disk_at_the_end_of_a_test_is_told_and_the_run_goes_on(self):
        say = self.say

        class Case(HarnessTestCase):
            db = self.db

            def test_1(self):
                self.db.use()
                say("test")
                self.addCleanup(break_writing)
                self.fail("sums differ")

            def test_2(self):
                pass

        def break_writing():
            self.enterContext(
                mock.patch.object(
                    artifacts, "write", mock.Mock(side_effect=OSError(28, "disk full"))
                )
            )

        self.run_inner(Case)

        self.assertOutcomes("failure", "success")
        self.assertIn("while keeping the logs of", self.printed)
        self.assertIn("disk full", self.printed)


class WithoutArtifactsTest(InnerTest):
    def test_nothing_is_kept_and_the_note_says_how(self):
        db = LoggingFake(self.journal)

        class Case(HarnessTestCase):
            pass

        Case.db = db

        def test(case):
            case.db.use()
            self.environment.instance(db).running.say(*"x" * 30)
            case.fail("sums differ")

        Case.test = test
        before = set(os.listdir())

        self.run_inner(Case)

        self.assertIn(
            "(10 more lines before these; HARNESS_ARTIFACTS=<directory> keeps them)",
            self.result.raised[0].__notes__[0],
        )
        self.assertEqual(before, set(os.listdir()))
