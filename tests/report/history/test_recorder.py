"""Recording a run: what a run leaves that is killed, and one whose history cannot be written."""

import contextlib
import os
import sqlite3
import threading
from unittest import mock

from harness.report.history import reader
from harness.report.history.file import History
from harness.report.history.queries import last_failed
from harness.report.history.recorder import MOMENT, Recorder
from harness.runner.kinds import SKIPPED
from harness.runner.ledger import Attempt, Outcome, Times
from tests.report.history import files
from tests.support.told import told
from tests.support.unit import DirectoryTest

A, B = "t.ATest.test_a", "t.ATest.test_b"


class RecorderTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "history.sqlite"
        self.gathered = 0
        self.recorder = Recorder(self.path, self.gather)
        self.addCleanup(lambda: self.recorder.close())
        self.ledger = files.ledger([files.entry(A), files.entry(B)], {"t.ATest": 0.5})
        self.ledger.chosen = (A, B)

    def gather(self):
        self.gathered += 1
        return files.facts(seconds=None, exit_code=None)

    def finish(self, name, *attempts):
        entry = self.ledger.entries[name]
        for attempt in attempts:
            entry.attempts.append(attempt)
            self.recorder.finished(entry, attempt)

    def recorded(self):
        """Return the only run, and what it came to, as another process sees it."""
        with History(self.path) as history:
            (run,) = reader.runs(history)
            kinds = {name: e.kind for name, e in reader.ledger_of(history, run.id).entries.items()}
            return run.facts, kinds

    def ended(self, code=0):
        """End the run, and return what is printed."""
        with told() as said:
            self.recorder.ended(self.ledger, code)
        return said.getvalue()

    def test_what_was_heard_is_there_after_each_look_and_the_run_has_not_ended(self):
        self.recorder.look()
        self.assertFalse(self.path.exists())
        self.recorder.began(self.ledger, 1)
        self.recorder.look()
        self.assertEqual({}, self.recorded()[1])
        self.finish(A, files.attempt())
        self.recorder.look()

        facts, kinds = self.recorded()
        self.assertEqual({A: "passed"}, kinds)
        self.assertEqual((False, None, 2), (facts.ended, facts.exit_code, facts.discovered))

    def test_the_end_tells_how_long_it_took_and_what_it_came_to(self):
        self.recorder.began(self.ledger, 1)
        self.finish(A, files.attempt("failed"))
        self.recorder.fixture("t.ATest", Outcome(SKIPPED, "no reason", "tearDownClass"))
        self.ledger.fixtures.append(("t.ATest", Outcome(SKIPPED, "no reason", "tearDownClass")))

        self.assertEqual("", self.ended(1))
        facts, kinds = self.recorded()
        self.assertEqual(({A: "failed"}, 1, True), (kinds, facts.exit_code, facts.seconds >= 0))
        with History(self.path) as history:
            again = reader.ledger_of(history, 1)
        self.assertEqual([0.5], again.units["t.ATest"].fixtures)
        self.assertEqual(self.ledger.fixtures, again.fixtures)
        self.assertEqual(["history.sqlite"], os.listdir(self.directory))

    def test_a_run_that_goes_on_is_the_last_one_though_a_clock_was_wrong_in_one_before(self):
        files.add(self.path, {A: "failed", B: "passed"}, began=2 * files.BEGAN)
        self.recorder.began(self.ledger, 1)
        for kind in "passed", "failed":
            self.finish(A, files.attempt(kind))
            self.recorder.look()
        self.finish(B, files.attempt("failed"))
        self.ended(1)

        with History(self.path) as history:
            self.assertEqual({A, B}, last_failed(history))
        self.recorder = Recorder(self.path, self.gather)
        self.ledger = files.ledger([files.entry(A), files.entry(B)])
        self.recorder.began(self.ledger, 1)
        self.finish(A, files.attempt())
        self.ended()
        with History(self.path) as history:
            self.assertEqual({B}, last_failed(history))

    def test_a_clock_that_is_set_back_meanwhile_does_not_shorten_the_run(self):
        with mock.patch("harness.core.realtime.time", return_value=1000.0):
            self.recorder.began(self.ledger, 1)
            self.ended()

        self.assertGreaterEqual(self.recorded()[0].seconds, 0.0)

    def test_a_number_that_no_database_can_hold_is_told_and_ends_no_run(self):
        self.gather = lambda: files.facts(workers=10**20)
        self.recorder = Recorder(self.path, self.gather)
        self.recorder.began(self.ledger, 1)
        self.recorder.look()

        self.assertIn("too large", self.ended())

    def test_a_run_that_could_not_load_its_tests_is_recorded_too(self):
        self.assertEqual("", self.ended(3))

        facts, kinds = self.recorded()
        self.assertEqual(({}, 3, None), (kinds, facts.exit_code, facts.discovered))

    def test_several_times_of_a_test_are_told_apart(self):
        self.recorder.began(self.ledger, 1)
        self.finish(A, files.attempt("failed"))
        self.recorder.look()
        self.finish(A, files.attempt("passed", rerun=1))
        self.ended(1)

        self.assertEqual({A: "flaky"}, self.recorded()[1])

    def test_a_test_that_was_broken_off_is_not_recorded_and_has_failed_if_it_had_before(self):
        files.add(self.path, {A: "failed"}, began=1.0)
        self.recorder.began(self.ledger, 1)
        self.finish(A, Attempt(1, 0, 1, files.BEGAN, Times(0.0, 1.0, 0.0)))
        self.finish(B, files.attempt())
        self.ended(130)

        with History(self.path) as history:
            self.assertEqual([B], list(reader.ledger_of(history, 2).entries))
            self.assertEqual({A}, last_failed(history))

    def test_no_process_is_forked_while_the_file_is_open(self):
        self.recorder.began(self.ledger, 1)
        self.recorder.look()
        self.assertIn("history.sqlite-wal", os.listdir(self.directory))
        pid = os.fork()
        if not pid:
            os._exit(len(os.listdir(self.directory)))
        self.assertEqual(1, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.finish(A, files.attempt())
        self.assertEqual("", self.ended())
        self.assertEqual({A: "passed"}, self.recorded()[1])

    def test_what_could_not_be_written_is_written_later(self):
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        self.recorder.began(self.ledger, 1)
        self.recorder.look()
        other.execute("begin immediate")
        self.finish(A, files.attempt())
        self.recorder.look()
        other.execute("rollback")
        self.finish(B, files.attempt("failed"))
        self.recorder.look()  # which is too early to try again
        self.assertEqual({}, self.recorded()[1])

        self.assertEqual("", self.ended(1))
        self.assertEqual({A: "passed", B: "failed"}, self.recorded()[1])
        self.assertEqual(1, self.gathered)

    def test_the_end_waits_longer_for_another_run_that_is_writing(self):
        other = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.addCleanup(other.close)
        self.recorder.began(self.ledger, 1)
        self.recorder.look()
        other.execute("begin immediate")
        done = threading.Timer(2 * MOMENT, other.execute, ["rollback"])
        done.start()
        self.addCleanup(done.join)
        self.finish(A, files.attempt())

        self.assertEqual("", self.ended())
        self.assertEqual({A: "passed"}, self.recorded()[1])

    def test_a_history_that_cannot_be_written_is_told_once_in_one_line(self):
        self.path.write_text("dear diary, " * 100)
        self.recorder.began(self.ledger, 1)
        for name in A, B:
            self.finish(name, files.attempt())
            self.recorder.look()

        self.assertEqual(
            f"harness: the history {self.path} cannot be used: file is not a database (it is no "
            "database, or its beginning was overwritten): the run is not in it, or not all of it; "
            "it is left as it is; mend that, move it away, or name another file by --history\n",
            self.ended(),
        )
        self.assertEqual("dear diary, " * 100, self.path.read_text())

    def test_what_does_not_fit_on_the_disk_is_told_and_what_did_is_there(self):
        self.recorder.began(self.ledger, 1)
        self.finish(A, files.attempt())
        self.recorder.look()
        self.recorder._history.rows("pragma max_page_count = 1")
        self.finish(B, files.attempt("failed", text="x" * 90_000))
        self.recorder.look()

        self.assertIn("cannot be used: database or disk is full: the run is not", self.ended(1))
        facts, kinds = self.recorded()
        self.assertEqual(({A: "passed"}, False), (kinds, facts.ended))

    def test_an_interrupt_while_it_writes_loses_nothing(self):
        self.recorder.began(self.ledger, 1)
        self.finish(A, files.attempt())
        writing = mock.patch("harness.report.history.writer.Writer.attempts")
        with writing as stopped, contextlib.suppress(KeyboardInterrupt):
            stopped.side_effect = KeyboardInterrupt
            self.recorder.look()
        self.ended(130)

        self.assertEqual({A: "passed"}, self.recorded()[1])
