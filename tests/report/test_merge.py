"""Joining the results of the shards of one run."""

import datetime
import re

import junitparser

from harness.errors import HistoryError
from harness.report.history import reader
from harness.report.history.file import History
from harness.report.merge.join import join
from harness.report.merge.shard import read
from harness.runner.ledger import Outcome
from tests.cli.test_main import CommandTest
from tests.report.history import files
from tests.support.told import told

NAMES = [f"t.{owner}Test.test_{name}" for owner in "AB" for name in "ab"]
FIRST, SECOND = NAMES[:2], NAMES[2:]


class ShardsTest(CommandTest):
    def shard(self, number, tests, of=2, name=None, names=NAMES, **values):
        """Write what a shard has left; return the file's name."""
        name = name or f"{number}.sqlite"
        if isinstance(tests, list) and tests and isinstance(tests[0], str):
            tests = dict.fromkeys(tests, "passed")
        values = {"revision": "1f2e", "dirty": False, "shard": (number, of), **values}
        files.add(self.directory / name, tests, {}, names, **values)
        return name

    def merge(self, *arguments, code=0):
        """Run `harness merge`; return what it prints."""
        done = self.run_command("merge", *arguments)
        self.assertEqual(code, done.exit_code, done.output)
        return done.output

    def counts(self, text):
        return re.search(r"^(.* passed, .*) in [\d.]+ s$", text, re.MULTILINE)[1]


class MergeTest(ShardsTest):
    def test_shards_come_to_what_one_run_would_have_come_to(self):
        one, two = self.shard(1, FIRST), self.shard(2, SECOND, seconds=12.5)

        text = self.merge(two, one)
        self.assertEqual("4 passed, 0 failed, 0 skipped", self.counts(text))
        self.assertIn(" in 12.500 s\n", text)

    def test_a_failure_is_shown_and_is_the_exit_code(self):
        failed = files.entry(NAMES[3], files.attempt("failed", text="Traceback\nwhat\n"))
        one = self.shard(1, NAMES[:3])
        two = self.shard(2, [failed], exit_code=1)

        text = self.merge(one, two, code=1)
        self.assertIn(f"\nFAILED: {NAMES[3]}\nTraceback\nwhat\n", text)
        self.assertEqual("3 passed, 1 failed, 0 skipped", self.counts(text))

    def test_a_fixture_without_a_test_that_was_run_is_a_failure(self):
        said = [("t.BTest", Outcome("error", "OSError: no", "setUpClass (t.BTest)"))]
        one, two = self.shard(1, FIRST), self.shard(2, {}, said=said, exit_code=1)

        text = self.merge(one, two, "--junit", "all.xml", code=1)
        self.assertIn("\nERROR: setUpClass (t.BTest)\nOSError: no\n", text)
        report = (self.directory / "all.xml").read_text()
        self.assertIn('name="setUpClass (t.BTest)" classname="t.BTest"', report)

    def test_a_failure_in_quarantine_gates_no_more_than_in_the_shards(self):
        one, two = self.shard(1, NAMES[:3]), self.shard(2, {NAMES[3]: "failed"})
        last = datetime.date.today()
        entry = f'test = "{NAMES[3]}"\nowner = "me"\nticket = "T-1"\nexpires = {last}\n'
        self.write("setup.cfg", "[harness]\n")
        self.write("quarantine.toml", f"[[quarantine]]\n{entry}")

        text = self.merge(one, two)
        self.assertEqual("3 passed, 0 failed, 0 skipped", self.counts(text))
        self.assertIn("quarantined: 1 run, 1 failed\n", text)

        self.write("quarantine.toml", "")
        self.merge(one, two, code=1)

    def test_flaky_tests_are_what_the_settings_say_up_to_the_budget(self):
        tries = files.attempt("failed"), files.attempt("passed", rerun=1)
        shaky = [files.entry(name, *tries, due=2) for name in SECOND]
        one = self.shard(1, FIRST)
        two = self.shard(2, [shaky[0], files.entry(NAMES[3], files.attempt())])
        both = self.shard(2, shaky, name="both.sqlite")
        self.merge(one, two, code=1)

        self.write("setup.cfg", "[harness]\nflaky = pass\n")
        self.assertIn(f"flaky: {NAMES[2]}\n", self.merge(one, two))
        text = self.merge(one, both, code=4)
        self.assertIn("over budget: 2 of 4 test runs are flaky, and 1 may be (0.5 %)\n", text)

    def test_what_flaky_tests_are_may_be_said_as_for_the_shards(self):
        tries = files.attempt("failed"), files.attempt("passed", rerun=1)
        one = self.shard(1, FIRST)
        two = self.shard(2, [files.entry(name, *tries, due=2) for name in SECOND])

        self.merge(one, two, code=1)
        self.merge(one, two, "--flaky", "pass", code=4)
        self.merge(one, two, "--flaky", "pass", "--flake-budget", "50")

    def test_a_platform_of_ci_obeys_no_test_and_is_told_where_it_has_failed(self):
        self.environment(GITHUB_ACTIONS="true", HARNESS_CI_PLATFORM="auto")
        failed = files.attempt("failed", text="Traceback\n::error::owned\n")
        skipped = files.attempt("skipped", text="##[error]\x1b[2Jowned")
        one = self.shard(1, FIRST)
        two = self.shard(2, list(map(files.entry, SECOND, [failed, skipped])), exit_code=1)

        text = self.merge(one, two, code=1)
        for owned in r"\n::error::owned\n", r"\n    1: ##\[error\]\\x1b\[2Jowned\n":
            self.assertRegex(text, rf"(?s)::stop-commands::(\w+)\n.*{owned}::\1::\n")
        self.assertIn(f"::error title={NAMES[2]}%3A failed::Traceback", text)

    def test_shards_that_no_change_reaches_come_to_a_run_that_none_reaches(self):
        said = self.enterContext(told())
        shards = [self.shard(number, {}, names=()) for number in (1, 2)]

        self.merge(*shards)
        self.assertEqual("harness: there were no tests to run\n", said.getvalue())

    def test_a_test_whose_name_utf_8_cannot_hold_is_that_of_the_shard_that_has_run_it(self):
        names = [NAMES[0], "t.BTest.test_\udcff"]
        one, two = (self.shard(n, [name], names=names) for n, name in enumerate(names, 1))

        self.assertEqual("2 passed, 0 failed, 0 skipped", self.counts(self.merge(one, two)))

    def test_a_shard_without_tests_is_fine(self):
        one, two = self.shard(1, NAMES), self.shard(2, {}, exit_code=5)

        self.assertEqual("4 passed, 0 failed, 0 skipped", self.counts(self.merge(one, two)))

    def test_shards_without_any_test_have_the_exit_code_of_such_a_run(self):
        self.enterContext(told())
        shards = [self.shard(number, {}, names=(), exit_code=5) for number in (1, 2)]

        self.merge(*shards, code=5)

    def test_a_joined_run_is_recorded_and_written_as_junit_xml(self):
        flaky = files.entry(
            NAMES[3], files.attempt("failed"), files.attempt("passed", rerun=1), due=2
        )
        one = self.shard(1, FIRST, began=files.BEGAN + 5, seconds=2.0, workers=2)
        two = self.shard(2, [files.entry(NAMES[2], files.attempt()), flaky], workers=1)
        for _ in range(2):  # what is there already is not written again
            self.merge(one, two, "--history", "all.sqlite", "--junit", "all.xml", code=1)

        with History(self.directory / "all.sqlite") as history:
            (run,) = reader.runs(history)
            kinds = [entry.kind for entry in reader.ledger_of(history, run.id).numbered]
        self.assertEqual(["passed", "passed", "passed", "flaky"], kinds)
        facts = run.facts
        self.assertEqual(
            (None, 3, 10.0, 1), (facts.shard, facts.workers, facts.seconds, facts.exit_code)
        )
        self.assertEqual((files.BEGAN, 4), (facts.began, facts.discovered))
        report = junitparser.JUnitXml.fromfile(str(self.directory / "all.xml"))
        self.assertEqual(4, report.tests)

    def test_reports_that_cannot_be_written_are_told_and_change_nothing_of_the_result(self):
        one, two = self.shard(1, FIRST), self.shard(2, SECOND, seconds=12.5)
        self.write("note.txt", "dear diary")
        said = self.enterContext(told())

        done = self.run_command(
            "merge", one, two, "--junit", "note.txt/all.xml", "--history", "note.txt"
        )
        self.assertIn("4 passed, 0 failed, 0 skipped in 12.500 s\n", done.output)
        self.assertEqual(3, done.exit_code)
        first, second = said.getvalue().splitlines()
        self.assertTrue(first.startswith("harness: note.txt/all.xml cannot be written: "), first)
        self.assertTrue(second.startswith("harness: the history note.txt cannot be used: "), second)
        self.assertIn(": the joined run is not in it; ", second)
        self.assertEqual("dear diary", (self.directory / "note.txt").read_text())
        self.assertEqual(0, self.run_command("merge", one, two, "--history", "note.txt").exit_code)

    def test_all_shards_may_be_in_one_file_with_older_runs(self):
        files.add("all.sqlite", {NAMES[0]: "failed"}, began=1.0)
        self.shard(1, {NAMES[0]: "failed"}, name="all.sqlite", began=2.0, revision="0a0a")
        self.shard(1, {NAMES[0]: "failed"}, name="all.sqlite", began=3.0)
        self.shard(1, FIRST, name="all.sqlite", began=4.0)
        self.shard(2, SECOND, name="all.sqlite", began=5.0)

        said = self.enterContext(told())
        text = self.merge("all.sqlite")
        self.assertEqual("4 passed, 0 failed, 0 skipped", self.counts(text))
        self.assertEqual(
            "harness: all.sqlite holds shard 1/2, begun 1970-01-01T00:00:04Z; "
            "shard 2/2, begun 1970-01-01T00:00:05Z\n",
            said.getvalue().replace(f"{self.directory}/", ""),
        )

    def test_a_shard_of_an_earlier_run_in_the_file_is_none_of_this_one(self):
        self.enterContext(told())
        self.shard(1, FIRST, name="all.sqlite", began=1.0)
        self.shard(2, SECOND, name="all.sqlite", began=2.0)
        for number, other, began in ((2, 1, 3.0), (1, 2, 5.0)):
            self.shard(number, SECOND, name="all.sqlite", began=began)
            text = self.merge("all.sqlite", code=3)
            self.assertIn(
                f"shard {other}/2 is missing: in all.sqlite it is of an earlier run\n", text
            )
            self.shard(other, FIRST, name="all.sqlite", began=began + 1)
            self.merge("all.sqlite")


class IncompleteTest(ShardsTest):
    def test_a_shard_that_is_missing_is_named_with_the_tests_that_nobody_has_run(self):
        text = self.merge(self.shard(1, FIRST, of=3), self.shard(3, SECOND[:1], of=3), code=3)

        self.assertIn("harness: shard 2/3 is missing\n", text)
        self.assertIn(f"not run: {NAMES[3]}\n", text)
        self.assertIn("harness: 1 of 4 tests were reported by no shard\n", text)
        self.assertEqual("3 passed, 0 failed, 0 skipped, 1 not run", self.counts(text))

    def test_a_shard_that_was_killed_is_not_complete_though_nothing_is_missing(self):
        two = self.shard(2, SECOND, seconds=None, exit_code=None)

        text = self.merge(self.shard(1, FIRST), two, code=3)
        self.assertIn("shard 2/2 has not ended: it was killed, or is still running\n", text)

    def test_a_shard_that_was_not_complete_itself_is_named(self):
        two = self.shard(2, SECOND, exit_code=130)

        text = self.merge(self.shard(1, FIRST), two, code=3)
        self.assertIn("shard 2/2 is not complete: it ended with exit code 130\n", text)

    def test_shards_that_have_found_other_tests_are_told(self):
        two = self.shard(2, SECOND[:1], names=[*NAMES[:3], "t.CTest.test_c"])

        text = self.merge(self.shard(1, FIRST), two, code=3)
        self.assertIn(
            "harness: shard 2/2 has found other tests than shard 1/2: 4 and not 4; "
            "t.BTest.test_b, t.CTest.test_c in one of them alone\n",
            text,
        )
        self.assertIn("harness: 2 of 5 tests were reported by no shard\n", text)

    def test_shards_that_went_by_different_histories_are_told(self):
        one, two = self.shard(1, NAMES[:3], shares="a"), self.shard(2, NAMES[2:], shares="b")

        self.assertIn(
            "harness: shard 2/2 shares the tests out otherwise than shard 1/2: it went by another "
            "history\n",
            self.merge(one, two, code=3),
        )

    def test_a_test_that_two_shards_have_run_is_named(self):
        text = self.merge(self.shard(1, NAMES[:3]), self.shard(2, SECOND), code=3)

        self.assertIn("harness: t.BTest.test_a was run by shard 1/2 and shard 2/2\n", text)

    def test_shards_that_have_run_the_same_tests_are_told_in_one_line(self):
        names = [f"t.ATest.test_{number}" for number in range(1000)]
        text = self.merge(*(self.shard(n, names, of=3, names=names) for n in (1, 2)), code=3)

        self.assertIn(
            f"harness: {', '.join(names[:5])} and 995 more were run by shard 1/3 and shard 2/3\n",
            text,
        )
        self.assertEqual(1, text.count(" run by "))

    def test_a_shard_over_its_budget_has_the_exit_code_of_such_a_run(self):
        for tests in SECOND, SECOND[:1]:
            two = self.shard(2, tests, exit_code=4, began=files.BEGAN + len(tests))
            self.merge(self.shard(1, FIRST), two, code=4)

    def test_a_shard_that_is_missing_counts_for_more_than_one_over_its_budget(self):
        self.merge(self.shard(1, FIRST, exit_code=4), code=3)


class RefusedTest(ShardsTest):
    def refused(self, *names):
        """Return what is said of shards that cannot be joined."""
        with self.assertRaises(HistoryError) as caught:
            join([shard for name in names for shard in read(self.directory / name)])
        return str(caught.exception).replace(f"{self.directory}/", "")

    def test_a_shard_of_another_commit(self):
        told = self.refused(self.shard(1, FIRST), self.shard(2, SECOND, revision="0a0a"))
        self.assertEqual(
            "2.sqlite is of another run than 1.sqlite: the commit is 0a0a, and not 1f2e\n"
            "  likely cause: a file of an earlier run was left there, or restored from a cache\n"
            "  next: merge files of one run alone",
            told,
        )

    def test_a_shard_of_the_commit_with_changes(self):
        told = self.refused(self.shard(1, FIRST), self.shard(2, SECOND, dirty=True))
        self.assertIn("the commit is 1f2e with changes, and not 1f2e\n", told)

    def test_a_shard_of_another_seed(self):
        told = self.refused(self.shard(1, FIRST), self.shard(2, SECOND, seed=8))
        self.assertIn("the seed is 8, and not 7\n", told)
        self.assertIn("next: give all shards one TEST_SEED, and each a file of its own", told)

    def test_a_shard_of_another_number_of_shards(self):
        told = self.refused(self.shard(1, FIRST), self.shard(2, SECOND, of=3))
        self.assertIn("the number of shards is 3, and not 2\n", told)

    def test_a_shard_that_is_there_twice(self):
        told = self.refused(self.shard(1, FIRST), self.shard(1, FIRST, name="again.sqlite"))
        self.assertIn("shard 1/2 is there twice: in 1.sqlite and again.sqlite\n", told)

    def test_a_run_that_was_no_shard(self):
        files.add("all.sqlite", {NAMES[0]: "passed"})
        told = self.refused("all.sqlite")
        self.assertIn("all.sqlite holds no shard: its last run was one of all tests\n", told)

    def test_a_file_without_a_run(self):
        History(self.directory / "empty.sqlite", write=True).close()
        self.assertIn("empty.sqlite holds no run\n", self.refused("empty.sqlite"))

    def test_the_command_exits_with_2_and_says_why(self):
        done = self.run_command("merge", "nowhere.sqlite")

        self.assertEqual(2, done.exit_code)
        self.assertIn("harness: there is no history nowhere.sqlite\n", done.stderr)

    def test_a_joined_run_does_not_go_into_the_file_of_a_shard(self):
        one = self.shard(1, NAMES, of=1)

        done = self.run_command("merge", one, "--history", f"./{one}")
        self.assertEqual(2, done.exit_code)
        self.assertIn(f"harness: --history ./{one} names the file of a shard\n", done.stderr)
