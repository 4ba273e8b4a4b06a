"""Opening a history: by several processes at once, and what is said of a file that is none."""

import os
import sqlite3
import subprocess
import sys
import traceback

from harness.errors import HistoryError
from harness.report.history import reader, schema
from harness.report.history.file import History
from harness.report.history.past import options
from harness.report.history.place import recorded
from harness.report.history.union import add
from tests.report.history import files
from tests.support.told import told
from tests.support.unit import IS_ROOT, PATHS, DirectoryTest

NOBODY = 65534  # a user that owns nothing
WRITER = """
import sys
from pathlib import Path
from harness.report.history.file import History
from harness.report.history.writer import write
from tests.report.history import files
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    files.add(sys.argv[1], {f"t.ATest.test_{sys.argv[2]}_{number}": "passed"})
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from harness.report.history.file import History
from harness.report.history.writer import begun
from tests.report.history import files
files.add(sys.argv[1], {"t.ATest.test_a": "passed"})
history = History(Path(sys.argv[1]), write=True)
with history.change() as connection:
    writer = begun(connection, files.facts())
    tests = [files.entry(f"t.BTest.test_{n}", files.attempt()) for n in range(20_000)]
    writer.attempts(connection, [(test, test.attempts[0]) for test in tests])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def told_by_one_without_rights(look):
    """Return the error of a function that is called in a process of a user without rights."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        with os.fdopen(read) as file:
            text = file.read()
        os.waitpid(pid, 0)
        return text
    try:
        if IS_ROOT:
            os.setuid(NOBODY)
        look()
    except BaseException:
        os.write(write, traceback.format_exc().encode())
    finally:
        os._exit(0)


class HistoryTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "history.sqlite"

    def runs(self):
        with History(self.path) as history:
            return reader.runs(history)

    def refused(self, *, write=False):
        """Return what is said of the file."""
        with self.assertRaises(HistoryError) as caught:
            History(self.path, write=write)
        return caught.exception

    def start(self, program, *arguments):
        return subprocess.Popen(
            [sys.executable, "-c", program, str(self.path), *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


class FileTest(HistoryTest):
    def test_a_new_file_says_whose_it_is_and_of_which_version(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})

        with sqlite3.connect(self.path) as connection:
            marks = [
                connection.execute(f"pragma {name}").fetchone()[0]
                for name in ("application_id", "user_version", "journal_mode")
            ]
        connection.close()
        self.assertEqual([schema.APPLICATION, schema.VERSION, "wal"], marks)

    def test_a_run_comes_back_as_it_was(self):
        tests = [
            files.entry("t.ATest.test_a", files.attempt("failed", 2.0, text="no\n", setup=0.5)),
            files.entry(
                "t.ATest.test_b",
                files.attempt("error", 1.0, text="\ud800"),
                files.attempt("passed", 1.5, rerun=1),
                due=2,
            ),
            files.entry("t.BTest.test_c", files.attempt("crashed", None, text="SIGKILL")),
        ]
        known = files.facts(
            seed=2**70,
            revision="1f2e",
            dirty=True,
            shard=(1, 2),
            workers=3,
            software={"a": "1"},
            shares="3d",
        )
        with History(self.path, write=True) as history, history.change() as connection:
            account = files.ledger(tests, {"t.ATest": 0.25})
            files.write(connection, known, account, ["t.ATest.test_a", "t.CTest.test_d"])

        with History(self.path) as history:
            (run,) = reader.runs(history)
            again = reader.ledger_of(history, run.id)
            names = reader.discovered(history, run.id)
        self.assertEqual(
            (known.uuid, 2**70, (1, 2), {"a": "1"}, 2, "3d"),
            (
                run.facts.uuid,
                run.facts.seed,
                run.facts.shard,
                run.facts.software,
                run.facts.discovered,
                run.facts.shares,
            ),
        )
        self.assertEqual(["t.ATest.test_a", "t.CTest.test_d"], names)
        self.assertEqual(["failed", "flaky", "crashed"], [each.kind for each in again.numbered])
        self.assertEqual([0.25], again.units["t.ATest"].fixtures)
        first, second, third = (each.attempts for each in again.numbered)
        self.assertEqual((0.5, 1.5, 0.0), first[0].times)
        self.assertEqual(["\\ud800", ""], [each.outcomes[0].text for each in second])
        self.assertIsNone(third[0].times)

    def test_a_text_that_is_very_long_is_kept_without_its_middle(self):
        text = "a" + "x" * 1_000_000 + "z"
        tests = [files.entry("t.ATest.test_a", files.attempt("failed", text=text))]
        files.add(self.path, tests)

        with History(self.path) as history:
            (outcome,) = reader.ledger_of(history, 1).numbered[0].attempts[0].outcomes
        self.assertLess(len(outcome.text), 101_000)
        self.assertRegex(outcome.text, r"(?s)\Aax+\n\[.*900002 characters.*\]\nx+z\Z")

    def test_a_name_that_utf_8_cannot_hold_is_kept_as_it_can_be_written(self):
        files.add(self.path, {"t.ATest.test_\ud800": "passed"})

        with History(self.path) as history:
            self.assertEqual(["t.ATest.test_\\ud800"], list(reader.ledger_of(history, 1).entries))

    def test_nothing_is_left_beside_a_file_that_nobody_uses(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        self.runs()

        self.assertEqual(["history.sqlite"], os.listdir(self.directory))

    def test_several_processes_that_write_at_once_lose_nothing(self):
        writers = [self.start(WRITER, name) for name in "abc"]
        for writer in writers:
            self.assertEqual("ready\n", writer.stdout.readline())
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for writer in writers:
            with writer:
                self.assertEqual(0, writer.wait(60))

        self.assertEqual(60, len(self.runs()))

    def test_a_run_that_another_process_adds_at_the_same_moment_is_there_once(self):
        class Slow(History):
            def change(self):
                files.add(self.path, {"t.ATest.test_a": "passed"}, uuid="1")
                return super().change()

        with Slow(self.path, write=True) as history:
            self.assertFalse(add(history, files.facts(uuid="1"), files.ledger({})))
        self.assertEqual(1, len(self.runs()))

    def test_a_process_that_is_killed_while_it_writes_leaves_what_was_there_before(self):
        with self.start(KILLED) as killed:
            self.assertEqual(-9, killed.wait(60))

        self.assertEqual(1, len(self.runs()))
        files.add(self.path, {"t.ATest.test_a": "failed"})
        self.assertEqual(2, len(self.runs()))


class RefusedTest(HistoryTest):
    def test_a_file_that_is_not_there_is_told_with_what_makes_it(self):
        hint = f"`harness run --history {self.path}` makes one"
        self.assertEqual(f"there is no history {self.path}\n  next: {hint}", str(self.refused()))

    def test_a_file_that_is_no_database_is_left_as_it_is(self):
        self.path.write_text("dear diary, " * 100)

        for write in False, True:
            error = self.refused(write=write)
            self.assertEqual(
                f"the history {self.path} cannot be used: file is not a database "
                "(it is no database, or its beginning was overwritten)",
                error.line,
            )
            self.assertIn("it is left as it is", error.hint)
        self.assertEqual("dear diary, " * 100, self.path.read_text())

    def test_a_database_of_something_else_is_left_as_it_is(self):
        with sqlite3.connect(self.path) as connection:
            connection.execute("create table customers (id integer)")
        connection.close()
        before = self.path.read_bytes()

        self.assertEqual(
            f"{self.path} is no history of runs (it is a database of something else)",
            self.refused(write=True).line,
        )
        self.assertEqual(before, self.path.read_bytes())

    def test_a_file_of_a_newer_version_is_left_as_it_is(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        with sqlite3.connect(self.path) as connection:
            connection.execute(f"pragma user_version = {schema.VERSION + 1}")
        connection.close()

        for write in False, True:
            error = self.refused(write=write)
            self.assertEqual(
                f"the history {self.path} was written by a newer harness "
                f"(it is of version {schema.VERSION + 1}, and this harness knows {schema.VERSION})",
                error.line,
            )
            self.assertIn("upgrade", error.hint)

    def test_a_file_with_damage_in_its_middle_is_told(self):
        tests = {f"t.ATest.test_{number}": "passed" for number in range(500)}
        files.add(self.path, tests)
        data = bytearray(self.path.read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        self.path.write_bytes(data)

        with self.assertRaises(HistoryError) as caught, History(self.path) as history:
            reader.ledger_of(history, reader.runs(history)[0].id)
        self.assertIn("malformed (it was damaged", caught.exception.line)
        self.assertEqual(bytes(data), self.path.read_bytes())

    def test_damage_that_sqlite_does_not_see_is_told_by_whoever_reads_it(self):
        def look(history):
            reader.ledger_of(history, 1)
            reader.discovered(history, reader.runs(history)[0].id)

        files.add(self.path, {"t.ATest.test_a": "passed"}, names=["t.ATest.test_a"])
        whole = self.path.read_bytes()
        places = [b"x\x9c", b"t.ATest.test_a", b"{}", b"CREATE TABLE fixture ("]
        for place in places:  # of names that were discovered, of a test, of software, of the schema
            self.assertTrue(place in whole)
            self.path.write_bytes(whole.replace(place, b"\xff" * len(place)))
            with self.subTest(place=place):
                with self.assertRaises(HistoryError) as caught, History(self.path) as history:
                    look(history)
                self.assertIn(f"the history {self.path} cannot be used: ", caught.exception.line)

    def test_a_directory_is_told_as_such(self):
        self.path.mkdir()

        for write in False, True:
            self.assertEqual(
                f"the history {self.path} cannot be used: it is a directory",
                self.refused(write=write).line,
            )

    def test_a_file_without_a_byte_is_a_history_that_nobody_has_begun(self):
        self.path.touch()

        self.assertEqual(f"there is nothing yet in the history {self.path}", self.refused().line)
        files.add(self.path, {"t.ATest.test_a": "passed"})
        self.assertEqual(1, len(self.runs()))

    def test_a_file_may_have_any_name(self):
        for name in os.fsdecode(b"\xff?%20#.sqlite"), "\u2028 \u00e4.sqlite":
            self.path = self.directory / name
            files.add(self.path, {"t.ATest.test_a": "passed"})
            self.assertEqual(1, len(self.runs()))
            self.assertTrue(self.path.is_file())

    def test_a_place_where_no_file_can_be_is_told(self):
        self.path = self.write("file") / "history.sqlite"

        self.assertIn(f"the history {self.path} cannot be used: ", self.refused(write=True).line)

    def test_a_file_where_nobody_may_write_is_read_and_not_written(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        self.path.chmod(0o444)
        self.directory.chmod(0o555)

        def look():
            self.assertEqual(1, len(self.runs()))
            self.assertIn("attempt to write a readonly database", self.refused(write=True).line)
            self.path = self.directory / "new.sqlite"
            self.assertIn("unable to open database file", self.refused(write=True).line)

        self.assertEqual("", told_by_one_without_rights(look))
        self.assertEqual(["history.sqlite"], os.listdir(self.directory))

    def test_whoever_may_not_write_a_file_leaves_nothing_beside_it_that_its_owner_may_not(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        self.path.chmod(0o444)
        self.directory.chmod(0o777)

        self.assertEqual("", told_by_one_without_rights(self.runs))
        self.assertEqual(["history.sqlite"], os.listdir(self.directory))

    def test_a_file_that_may_not_be_read_is_told(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        self.path.chmod(0)
        self.directory.chmod(0o777)

        def look():
            self.assertIn("(it may not be read, or its directory ", self.refused().line)

        self.assertEqual("", told_by_one_without_rights(look))

    def test_a_directory_that_nobody_may_look_into_is_told_to_a_run_too(self):
        self.write("setup.cfg", "[harness]\n")
        self.path = self.write(".harness/history.sqlite")
        self.path.parent.chmod(0)
        settings = self.settings()

        def look():
            with told() as said:
                self.assertEqual(self.path, recorded(settings, None, needed=False))
                self.assertEqual({}, options(settings, None, failed=True, timed=True))
            self.assertIn("Permission denied", said.getvalue())
            for write in False, True:
                self.assertIn("Permission denied", self.refused(write=write).line)

        self.directory.chmod(0o755)
        self.assertEqual("", told_by_one_without_rights(look))

    def test_a_link_to_itself_and_a_name_that_is_too_long_are_told(self):
        self.path.symlink_to(self.path.name)
        self.assertIn("unable to open database file", self.refused(write=True).line)

        self.path = self.directory / ("x" * 300)
        self.assertIn("File name too long", self.refused().line)
        settings = self.settings(HARNESS_HISTORY=str(self.path))
        with told() as said:
            self.assertEqual({}, options(settings, None, failed=True, timed=True))
        self.assertIn("File name too long", said.getvalue())

    def test_what_does_not_fit_on_the_disk_leaves_the_file_as_it_was(self):
        files.add(self.path, {"t.ATest.test_a": "passed"})
        with History(self.path, write=True) as history:
            history.rows("pragma max_page_count = 1")  # SQLite's own bound: what is there, is
            tests = {f"t.ATest.test_{number}": "passed" for number in range(5000)}
            with self.assertRaises(HistoryError) as caught, history.change() as connection:
                files.write(connection, files.facts(), files.ledger(tests))

        self.assertIn("database or disk is full", caught.exception.line)
        self.assertEqual(1, len(self.runs()))
