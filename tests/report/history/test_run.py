"""Runs and their history: what they record, and what they make of what was recorded."""

import os
import resource
import signal
import subprocess
import sys
import time

from harness.errors import HistoryError
from harness.report.history import reader
from harness.report.history.file import History
from tests.runner.suites import LONGEST, RunnerTest

TWO = """
class ATest(unittest.TestCase):
    def test_a(self):
        pass

    def test_b(self):
        self.assertFalse(os.path.exists("broken"))


class BTest(unittest.TestCase):
    @unittest.skip("no Docker")
    def test_c(self):
        pass

    def test_d(self):
        pass
"""
FAILED = "0 passed, 1 failed, 0 skipped"
ALL = "3 passed, 0 failed, 1 skipped"
BAD = "2 passed, 1 failed, 1 skipped"


class HistoryTest(RunnerTest):
    def history(self, name=".harness/history.sqlite"):
        """Return the facts and the account of each run in a history."""
        with History(self.root / name) as history:
            found = reader.runs(history)
            return [(run.facts, reader.ledger_of(history, run.id)) for run in found]

    def reported(self, name):
        """Return how many tests a history holds by now."""
        try:
            return sum(len(ledger.entries) for _, ledger in self.history(name))
        except HistoryError:  # it is just being made
            return 0

    def break_it(self):
        self.write(test_two=TWO)
        (self.root / "broken").touch()


class RecordedTest(HistoryTest):
    def test_a_run_is_recorded_with_what_became_of_each_test(self):
        self.break_it()
        self.run_suite("-n", "2", "--seed", "7", "--history", "new/h.sqlite", code=1)

        ((facts, ledger),) = self.history("new/h.sqlite")
        kinds = {name.rpartition("_")[2]: entry.kind for name, entry in ledger.entries.items()}
        self.assertEqual({"a": "passed", "b": "failed", "c": "skipped", "d": "passed"}, kinds)
        self.assertEqual(
            (1, 7, 2, 4), (facts.exit_code, facts.seed, facts.workers, facts.discovered)
        )
        self.assertEqual({"test_two.ATest", "test_two.BTest"}, set(ledger.units))
        self.assertTrue(all(len(unit.fixtures) == 1 for unit in ledger.units.values()))
        said = [each.outcomes[0].text for entry in ledger.numbered for each in entry.attempts]
        self.assertIn("no Docker", said)
        self.assertTrue(any("assertFalse" in text for text in said))
        self.assertEqual(["h.sqlite"], os.listdir(self.root / "new"))

    def test_without_being_told_so_a_run_records_nothing_and_imports_no_database(self):
        self.write(
            test_one="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    self.assertNotIn("sqlite3", sys.modules)
            """
        )
        self.run_suite()
        self.assertFalse((self.root / ".harness").exists())

    def test_a_worker_that_dies_leaves_the_history_alone(self):
        self.write(
            test_death="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    os._exit(1)

                def test_b(self):
                    pass
            """
        )
        self.run_suite("--history", "h.sqlite", code=1)

        ((_, ledger),) = self.history("h.sqlite")
        self.assertEqual(["crashed", "passed"], [entry.kind for entry in ledger.numbered])

    def test_a_run_that_is_killed_leaves_what_it_has_reported(self):
        self.write(
            test_long="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    pass

            class BTest(unittest.TestCase):
                def test_b(self):
                    time.sleep(60)
            """
        )
        run = subprocess.Popen(
            [sys.executable, "-m", "harness", "run", "-v", "-n", "2", "--history", "h.sqlite"],
            cwd=self.root,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + LONGEST
        with run:
            while not self.reported("h.sqlite"):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            os.kill(run.pid, signal.SIGKILL)

        ((facts, ledger),) = self.history("h.sqlite")
        self.assertEqual((False, 2), (facts.ended, facts.discovered))
        self.assertEqual({"test_long.ATest.test_a"}, set(ledger.entries))


class FailedTest(HistoryTest):
    def test_only_what_has_failed_is_run_until_nothing_has(self):
        self.break_it()
        first = self.run_suite("--only-failed", code=1)
        self.assertIn("harness: no test has failed when it was last run: all of them run\n", first)
        self.assertEqual(BAD, self.last_line(first))
        self.assertEqual(FAILED, self.last_line(self.run_suite("--only-failed", code=1)))
        (self.root / "broken").unlink()
        again = self.run_suite("--only-failed", "-n", "2")
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(again))
        self.assertEqual(ALL, self.last_line(self.run_suite("--only-failed")))

    def test_where_what_has_failed_is_not_among_these_all_of_them_run_and_it_is_said(self):
        self.break_it()
        self.run_suite("--history", "h.sqlite", code=1)
        self.write(test_two=TWO.replace("test_b", "test_renamed"))
        text = self.run_suite("--only-failed", "--history", "h.sqlite", code=1)
        self.assertIn(
            "harness: of 1 test that failed when last run, none is among these: all of these run\n",
            text,
        )

    def test_once_there_is_a_history_each_run_is_in_it(self):
        self.write(test_two=TWO)
        self.run_suite("--failed-first")
        (self.root / "broken").touch()
        self.run_suite(code=1)

        text = self.run_suite("-v", "--failed-first", code=1)
        self.assertLess(text.index("test_b ... failed"), text.index("test_a ... passed"))
        self.assertEqual([0, 1, 1], [facts.exit_code for facts, _ in self.history()])
        ignored = (self.root / ".harness" / ".gitignore").read_text()
        self.assertIn("*", ignored.splitlines())

    def test_a_history_that_was_switched_off_is_not_written(self):
        self.write(test_two=TWO)
        self.run_suite("--failed-first")
        (self.root / "setup.cfg").write_text("[harness]\nhistory = off\n")
        self.run_suite("--failed-first")

        self.assertEqual(1, len(self.history()))


class ShardTest(HistoryTest):
    def shards(self, names, *arguments, codes=(0, 0)):
        """Run two shards, each with its file; return these."""
        files = [f"{name}.sqlite" for name in names]
        for number, (file, code) in enumerate(zip(files, codes, strict=True), 1):
            shard = ("--shard", f"{number}/2", "--history", file, "--seed", "7")
            self.run_suite(*shard, *arguments, code=code)
        return files

    def test_two_shards_come_to_what_one_run_comes_to(self):
        self.break_it()
        (self.root / "test_three.py").write_text((self.root / "test_two.py").read_text())
        files = self.shards("12", codes=(1, 1))
        joined = self.run_harness("merge", *files, "--history", "all.sqlite", code=1)
        self.assertEqual("4 passed, 2 failed, 2 skipped", self.last_line(joined))
        self.assertEqual(2, joined.count("\nFAILED: "))
        ((facts, ledger),) = self.history("all.sqlite")
        self.assertEqual(
            (8, 8, None, 1), (facts.discovered, len(ledger.entries), facts.shard, facts.exit_code)
        )

    def test_shards_go_by_the_history_of_the_project_and_not_by_their_own_files(self):
        self.write(
            test_slow="".join(
                f"""
class C{number}Test(unittest.TestCase):
    def test_a(self):
        time.sleep({seconds})
"""
                for number, seconds in enumerate([0.2, 0.001, 0.001, 0.001])
            )
        )
        self.run_suite("--order", "duration")  # from here on there is a history
        for _ in range(2):  # the second time each has a file of its own, of its own tests alone
            files = self.shards("12")
        joined = self.run_harness("merge", *files)
        self.assertEqual("4 passed, 0 failed, 0 skipped", self.last_line(joined))
        alone = [len(self.history(file)[-1][1].entries) for file in files]
        self.assertEqual([1, 3], sorted(alone))


class BadFileTest(HistoryTest):
    def test_a_file_that_is_no_history_changes_nothing_of_a_run_and_is_left_as_it_is(self):
        self.break_it()
        (self.root / "h.sqlite").write_text("dear diary, " * 100)

        text = self.run_suite("--only-failed", "--history", "h.sqlite", code=1)
        self.assertEqual(BAD, self.last_line(text))
        problem = "the history h.sqlite cannot be used: file is not a database"
        self.assertEqual(2, text.count(f"harness: {problem} "), text)
        self.assertIn("this run does not know of those before it\n", text)
        self.assertIn(": the run is not in it, or not all of it; ", text)
        self.assertEqual("dear diary, " * 100, (self.root / "h.sqlite").read_text())

    def test_a_place_where_no_file_can_be_changes_nothing_of_a_run(self):
        self.write(test_two=TWO)

        text = self.run_suite("--history", "test_two.py/h.sqlite")
        self.assertEqual(ALL, self.last_line(text))
        self.assertIn("harness: the history test_two.py/h.sqlite cannot be used: ", text)

    def test_a_file_that_may_not_grow_changes_nothing_of_a_run(self):
        self.break_it()
        self.run_suite("--history", "h.sqlite", code=1)
        size = (self.root / "h.sqlite").stat().st_size
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 4, before[1]))
        try:
            text = self.run_suite("--history", "h.sqlite", code=1)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

        self.assertEqual(BAD, self.last_line(text))
        self.assertIn("harness: the history h.sqlite cannot be used: ", text)
        self.assertEqual(1, len(self.history("h.sqlite")))
