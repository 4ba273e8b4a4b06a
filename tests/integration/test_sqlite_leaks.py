"""What a test leaves behind in SQLite: the test that did it fails, and the next one is clean."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading

from harness import HarnessTestCase, SQLite
from harness.errors import LeakError, OuterTransactionLostError
from tests.integration.market import market
from tests.integration.providers import on

INSERT = "insert into items (name) values ('a')"
PROC = os.path.exists("/proc/self/fd")
WRITER = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
HOLDER = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    "c.execute('begin immediate'); print('held', flush=True); sys.stdin.read()"
)


class Clean:
    """The test that runs last: all is as the migrations left it."""

    def test_z_is_clean(self):
        self.assertEqual(0, self.db.count("items"))
        self.assertFalse(self.db.exists("extra"))
        self.db.execute(INSERT)
        self.db.connection.execute("select * from items").fetchall()


class Leaks:
    def fails(self, case, error, *words):
        """Run a case whose first test is to fail, and whose last one is not; return the failure."""
        case.kept = []
        result = self.run_inner(case)
        for connection in case.kept:
            connection.close()
        self.assertEqual(1, len(result.failed), result.text)
        self.assertNotIn("test_z_is_clean", result.failed)
        raised = self.raised_by(result)
        self.assertIsInstance(raised, error)
        for word in words:
            self.assertIn(word, str(raised))
        return raised


class SQLiteConformanceCommitLeaks(Leaks):
    def test_a_connection_that_was_not_closed(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_leaks(self):
                connection = sqlite3.connect(self.db.path)
                connection.execute("select * from items").fetchall()
                self.kept.append(connection)

        if not PROC:
            self.skipTest("only Linux tells")
        self.fails(Inner, LeakError, "left 1 connection to its database open, in this process")

    def test_what_the_leaked_connection_writes_later_is_seen_by_nobody(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_leaks(self):
                self.kept.append(sqlite3.connect(self.db.path, isolation_level=None))

            def test_z_is_clean(self):
                with contextlib.suppress(sqlite3.OperationalError):  # SQLite sees that it is gone
                    self.kept[0].execute(INSERT)
                super().test_z_is_clean()

        self.fails(Inner, LeakError)

    def test_a_transaction_that_another_connection_left_open(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_leaks(self):
                connection = sqlite3.connect(self.db.path)
                connection.execute(INSERT)
                self.kept.append(connection)

        self.fails(Inner, LeakError, f"still locked by this process ({os.getpid()})")

    def test_a_transaction_that_another_process_has_open(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")
            process = None

            def test_a_leaks(self):
                command = [sys.executable, "-c", HOLDER, str(self.db.path)]
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
                process = type(self).process = subprocess.Popen(command, **pipes)
                process.stdout.readline()

        try:
            raised = self.fails(Inner, LeakError)
            self.assertIn(f"still locked by process {Inner.process.pid}", str(raised))
        finally:
            with Inner.process as process:
                process.stdin.close()

    def test_a_query_whose_rows_were_not_all_read_is_no_leak(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_reads(self):
                self.db.execute("insert into items (name) values ('a'), ('b')")
                self.kept.append(self.db.connection.execute("select * from items"))
                self.kept[0].fetchone()

        Inner.kept = []
        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_pool_that_is_closed_in_a_clean_up_is_no_leak(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_closes(self):
                for _ in range(3):
                    connection = sqlite3.connect(self.db.path)
                    self.addCleanup(connection.close)
                connection.execute(INSERT)
                connection.commit()
                self.assertEqual(1, self.db.count("items"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_reads_and_writes_of_other_processes_and_threads_are_seen_and_put_back(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_process_writes(self):
                subprocess.run([sys.executable, "-c", WRITER, self.db.path, INSERT], check=True)
                self.assertEqual(1, self.db.count("items"))

            def test_b_thread_writes(self):
                def write():
                    connection = sqlite3.connect(self.db.path)
                    connection.execute(INSERT)
                    connection.commit()
                    connection.close()

                thread = threading.Thread(target=write)
                thread.start()
                thread.join()
                self.assertEqual(1, self.db.count("items"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_the_path_stays_while_nothing_leaks(self):
        paths = []

        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def setUp(self):
                paths.append(self.db.path)

            def test_a_writes(self):
                self.db.execute(INSERT)
                self.db.execute("create table extra (x)")

        self.run_inner(Inner)

        self.assertEqual([paths[0]] * 2, paths)

    def test_another_journal_mode_or_a_broken_file_is_put_back(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_sets_wal(self):
                self.db.execute("pragma journal_mode = wal")
                self.db.execute(INSERT)

            def test_b_finds_the_default(self):
                self.assertEqual("delete", self.db.value("pragma journal_mode"))

            def test_c_breaks_it(self):
                self.db.path.write_bytes(b"no database at all" * 1000)

            def test_d_removes_it(self):
                self.db.path.unlink()

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_connections_that_write_into_a_log_and_are_closed_are_no_leak(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_writes(self):
                self.db.execute(INSERT)
                for name in "xyz":
                    with contextlib.closing(sqlite3.connect(self.db.path)) as connection:
                        connection.execute("pragma journal_mode = wal")
                        connection.execute(INSERT.replace("'a'", f"'{name}'"))
                        connection.commit()
                        self.assertIsNotNone(self.db.value("select max(id) from items"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_an_application_that_sets_the_mode_of_most_and_outlives_the_tests(self):
        class Inner(HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            @classmethod
            def setUpClass(cls):
                held = cls.hold(cls.db)
                held.execute(INSERT)
                cls.application = sqlite3.connect(held.path, isolation_level=None)
                cls.addClassCleanup(cls.application.close)
                cls.application.execute("pragma journal_mode = wal")

            def test_a(self):
                names = "select name from items order by id"
                self.assertEqual([("a",)], self.application.execute(names).fetchall())
                self.application.execute("insert into items (name) values ('b')")
                self.assertEqual(["a", "b"], [row.name for row in self.db.rows(names)])

            test_b = test_c = test_a

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_attached_databases_and_temporary_tables_are_gone(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market, isolation="commit")

            def test_a_attaches(self):
                self.db.execute("attach ':memory:' as other")
                self.db.execute("create temporary table extra (x)")
                self.db.execute("pragma case_sensitive_like = on")
                self.assertTrue(self.db.exists("extra"))

            def test_b_is_alone(self):
                found = self.db.rows("pragma database_list")
                self.assertEqual(["main"], [row.name for row in found])
                self.assertEqual(1, self.db.value("select 'A' like 'a'"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)


class SQLiteConformanceRollbackLeaks(Leaks):
    def test_a_statement_that_rolls_back_everything(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_loses_it(self):
                self.db.execute(INSERT)
                with self.assertRaises(sqlite3.IntegrityError):
                    self.db.execute(INSERT.replace("insert", "insert or rollback"))
                with self.assertRaises(OuterTransactionLostError):
                    self.db.count("items")

        words = ("ended by: insert or rollback into items", "isolation='commit'")
        self.fails(Inner, OuterTransactionLostError, *words)

    def test_a_commit_beside_the_test_names_the_tables(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_commits(self):
                subprocess.run([sys.executable, "-c", WRITER, self.db.path, INSERT], check=True)
                create = "create table extra (x)"
                subprocess.run([sys.executable, "-c", WRITER, self.db.path, create], check=True)

        self.fails(Inner, LeakError, "committed to the test's database: extra, items")

    def test_a_connection_that_was_not_closed(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_leaks(self):
                self.kept.append(sqlite3.connect(self.db.path))

        if not PROC:
            self.skipTest("only Linux tells")
        self.fails(Inner, LeakError, "left 1 connection to its database open")

    def test_other_connections_see_nothing_and_wait_in_vain_to_write(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_looks(self):
                self.db.execute(INSERT)
                connection = sqlite3.connect(self.db.path, timeout=0)
                self.addCleanup(connection.close)
                self.assertEqual(
                    [(0,)], connection.execute("select count(*) from items").fetchall()
                )
                with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
                    connection.execute(INSERT)

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_failure_after_both_kinds_of_use_says_why_nothing_was_seen(self):
        class Inner(HarnessTestCase):
            db = SQLite(migrations=market)

            def test_it(self):
                self.db.execute(INSERT)
                connection = sqlite3.connect(self.db.path)
                self.addCleanup(connection.close)
                self.assertEqual(
                    [(1,)], connection.execute("select count(*) from items").fetchall()
                )

        result = self.run_inner(Inner)

        self.assertIn("other connections do not see what `connection` wrote", result.text)

    def test_what_a_test_does_to_the_session_is_gone(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_changes(self):
                connection = self.db.connection
                connection.create_function("lower", 1, lambda text: "mine")
                connection.execute("pragma case_sensitive_like = on")
                connection.execute("create temporary table extra (x)")
                connection.text_factory = bytes

            def test_b_finds_none_of_it(self):
                row = self.db.connection.execute("select lower('A'), 'A' like 'a'").fetchone()
                self.assertEqual(("a", 1), row)

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_cursor_that_is_kept_is_closed_with_its_test(self):
        class Inner(Clean, HarnessTestCase):
            db = SQLite(migrations=market)

            def test_a_keeps(self):
                self.db.execute("insert into items (name) values ('a'), ('b')")
                self.kept.append(self.db.connection.execute("select * from items"))
                self.kept[0].fetchone()

            def test_b_uses_it(self):
                for use in (self.kept[0].fetchone, lambda: self.kept[0].execute("select 1")):
                    with self.assertRaisesRegex(sqlite3.ProgrammingError, "closed"):
                        use()

        Inner.kept = []
        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)


class SQLiteConformanceReadonlyLeaks(Leaks):
    def test_the_url_refuses_writes_and_the_path_is_watched(self):
        class Inner(HarnessTestCase):
            db = SQLite(migrations=market, isolation="readonly")

            def test_a_writes(self):
                self.assertRegex(self.db.dsn, r"^sqlite:///file:/.*\?mode=ro&uri=true$")
                subprocess.run([sys.executable, "-c", WRITER, self.db.path, INSERT], check=True)

            def test_z_is_clean(self):
                self.assertEqual(0, self.db.count("items"))

        self.fails(Inner, LeakError, "committed to the test's database: items")


for tests in (
    SQLiteConformanceCommitLeaks,
    SQLiteConformanceRollbackLeaks,
    SQLiteConformanceReadonlyLeaks,
):
    on(tests, "sqlite", needed=SQLite())
