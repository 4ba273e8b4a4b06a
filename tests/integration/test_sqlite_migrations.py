"""Where the schema of an SQLite database comes from, and what a failing one leaves."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from harness import Command, Environment, SQLite
from harness.core.settings import Settings
from harness.errors import (
    ConfigurationError,
    LeaseError,
    MigrationError,
    UnavailableError,
)
from tests.support.project import HOME, environ
from tests.support.unit import DirectoryTest


class SQLiteTest(DirectoryTest):
    """A test with an environment of its own, whose files lie in the test's directory."""

    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.data.mkdir()
        self.environment_ = self.new_environment()

    def new_environment(self, **variables):
        settings = Settings.read(
            self.directory, environ={"HARNESS_DATA_DIR": str(self.data), **variables}
        )
        environment = Environment(settings)
        self.addCleanup(environment.close)
        return environment

    def lease(self, **options):
        lease = self.environment_.lease(SQLite(**options))
        self.addCleanup(lease.release)
        return lease

    def fails(self, kind=MigrationError, **options):
        with self.assertRaises(kind) as raised:
            self.environment_.lease(SQLite(**options))
        with self.assertRaises(kind):  # the same at every touch
            self.environment_.lease(SQLite(**options))
        return str(raised.exception)


class MigrationsTest(SQLiteTest):
    def test_files_run_in_the_order_of_their_numbers_and_then_seeds(self):
        self.write("m/2_more.up.sql", "insert into steps values ('two')")
        self.write("m/10_last.up.sql", "insert into steps values ('ten')")
        self.write(
            "m/001_first.up.sql", "create table steps (name text); insert into steps values ('one')"
        )
        self.write("m/001_first.down.sql", "drop table steps")
        self.write("seed.sql", "insert into steps values ('seed')")

        rows = self.lease(migrations="m", seeds=("seed.sql",)).rows("select name from steps")

        self.assertEqual(["one", "two", "ten", "seed"], [row.name for row in rows])

    def test_triggers_are_one_statement(self):
        self.write(
            "m/1.sql",
            "create table a (x); create table log (x);\n"
            "create trigger t after insert on a begin\n"
            "  insert into log values (new.x); insert into log values (';');\nend;\n",
        )
        db = self.lease(migrations="m")

        db.execute("insert into a values (1)")

        self.assertEqual(2, db.count("log"))

    def test_gooses_files_are_known_here_too(self):
        self.write(
            "m/1.sql",
            "-- +goose Up\ncreate table a (x); create table log (x);\n"
            "-- +goose StatementBegin\ncreate trigger t after insert on a begin\n"
            "  insert into log values (new.x);\nend\n-- +goose StatementEnd\n"
            "insert into a values (1);\n-- +goose Down\ndrop table a;\n",
        )

        self.assertEqual(1, self.lease(migrations="m").count("log"))

    def test_two_files_of_the_same_number_are_both_named(self):
        for name in ("m/1_a.sql", "m/01_b.sql"):
            self.write(name, "select 1")

        text = self.fails(ConfigurationError, migrations="m")

        self.assertIn("two migrations have the number 1: 01_b.sql and 1_a.sql", text)

    def test_what_a_file_sets_ends_with_it(self):
        self.write(
            "m/1.sql", "pragma foreign_keys = off; create temp table gone (x); create table a (x)"
        )
        self.write("m/2.sql", "create table b (a references a (x)); pragma journal_mode = wal")
        db = self.lease(migrations="m", isolation="commit")

        self.assertFalse(db.exists("gone"))
        self.assertEqual(
            (1, "delete"), (db.value("pragma foreign_keys"), db.value("pragma journal_mode"))
        )

    def test_a_callable_gets_a_lease_and_what_it_writes_through_connection_is_committed(self):
        def migrate(db):
            db.execute("create table a (x)")
            db.connection.execute("insert into a values (1)")

        self.assertEqual(1, self.lease(migrations=migrate).count("a"))

    def test_a_command_is_told_the_url(self):
        self.write(
            "migrate.py",
            "import os, sqlite3\n"
            "path = os.environ['DATABASE_URL'].removeprefix('sqlite:///')\n"
            "connection = sqlite3.connect(path)\n"
            "connection.execute('create table a (x)')\n"
            "connection.close()\n",
        )
        command = Command([sys.executable, "migrate.py"], watch=["migrate.py"])

        self.assertTrue(self.lease(migrations=command).exists("a"))

    def test_files_in_the_form_of_goose(self):
        self.write("m/1.sql", "-- +goose Up\ncreate table a (x);\n-- +goose Down\ndrop table a;\n")

        self.assertTrue(self.lease(migrations="m").exists("a"))

    def test_copy_is_for_postgres(self):
        path = self.write("m/1.sql", "create table a (x);\ncopy a from stdin;\n1\n\\.\n")

        said = self.fails(migrations="m")

        self.assertIn(f"{path}, line 2: SQLite has no COPY: write INSERT statements", said)

    def test_without_foreign_keys_references_are_not_enforced(self):
        def migrate(db):
            db.execute("create table a (x references missing)")
            db.execute("insert into a values (1)")

        for isolation in ("rollback", "commit"):
            db = self.lease(migrations=migrate, foreign_keys=False, isolation=isolation)
            db.execute("insert into a values (2)")
            db.connection.execute("insert into a values (3)")
            db.connection.commit()
            self.assertEqual(3, db.count("a"))

    def test_references_that_a_seed_broke_are_no_tests_fault(self):
        self.write(
            "m/1.sql",
            "pragma foreign_keys = off; create table a (x primary key);"
            "create table b (x references a deferrable initially deferred);"
            "insert into b values (9)",
        )
        db = self.lease(migrations="m")

        db.connection.execute("insert into a values (1)")
        db.connection.execute("insert into b values (1)")
        db.connection.commit()

        self.assertEqual(2, db.count("b"))

    def test_a_statement_that_fails_names_file_and_line(self):
        path = self.write("m/1.sql", "create table a (x);\n\ncreate tabel b (x);")

        said = self.fails(migrations="m")

        self.assertIn(f'{path}, line 3: near "tabel": syntax error', said)
        self.assertIn("    create tabel b (x)", said)
        self.assertEqual([], [*self.data.glob("*/*.db")])

    def test_a_file_that_leaves_a_transaction_open(self):
        path = self.write("m/1.sql", "begin; create table a (x)")

        self.assertIn(f"{path} leaves a transaction open\n", self.fails(migrations="m"))

    def test_a_callable_that_fails(self):
        def migrate(db):
            db.execute("nonsense")

        said = self.fails(migrations=migrate)

        self.assertIn('migrate() failed: OperationalError: near "nonsense": syntax error', said)

    def test_a_connection_that_migrations_leave_with_a_transaction(self):
        left = []

        def migrate(db):
            left.append(sqlite3.connect(db.path))
            left[0].execute("create table a (x)")
            left[0].execute("insert into a values (1)")

        said = self.fails(migrations=migrate)
        left[0].close()

        self.assertIn("the migrations leave a transaction open: database is locked", said)
        self.assertIn("close it where they end", said)
        self.assertEqual([], [*self.data.glob("*/*.db")])

    def test_what_migrations_write_too_late_is_seen_by_nobody(self):
        left = []

        def migrate(db):
            db.execute("create table a (x)")
            left.append(sqlite3.connect(db.path, isolation_level=None))

        db = self.lease(migrations=migrate)
        with contextlib.suppress(sqlite3.OperationalError):  # SQLite sees that the file is gone
            left[0].execute("insert into a values (1)")
        left[0].close()

        self.assertEqual(0, db.count("a"))
        self.assertEqual(0, self.lease(migrations=migrate, isolation="commit").count("a"))


class FilesTest(SQLiteTest):
    def test_the_files_are_gone_when_the_environment_is_closed(self):
        with self.lease(isolation="commit") as db:
            path = db.path
            self.assertTrue(path.is_relative_to(self.data))
            self.assertEqual(0o700, path.parent.stat().st_mode & 0o777)

        self.environment_.close()

        self.assertEqual([], list(self.data.iterdir()))

    def test_a_lease_after_the_end_of_its_environment_is_refused(self):
        self.lease().release()
        self.environment_.close()

        with self.assertRaises(LeaseError):
            self.environment_.lease(SQLite())

    def test_what_a_killed_process_left_is_removed_by_the_next_one(self):
        code = (
            "import os, signal\nfrom harness import Environment, SQLite\n"
            "db = Environment().lease(SQLite(isolation='commit'))\n"
            "print(db.path, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
        )
        variables = {
            **environ(),
            "HARNESS_DATA_DIR": str(self.data),
            "HARNESS_STATE_DIR": str(self.directory),
        }
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, cwd=HOME, check=False
        )
        left = Path(done.stdout.strip())
        self.assertTrue(left.is_file(), done.stderr)

        mine = self.new_environment(HARNESS_STATE_DIR=str(self.directory)).lease(SQLite())
        self.addCleanup(mine.release)
        mine.execute("select 1")

        self.assertFalse(left.parent.exists())
        self.assertTrue(Path(mine.database).parent.exists())

    def test_equal_contents_share_a_template_and_a_name_keeps_leases_apart(self):
        self.write("m/1.sql", "create table a (x)")
        one = self.lease(migrations="m", name="one", isolation="commit")
        other = self.lease(migrations="m", name="other", isolation="commit")
        one.execute("insert into a values (1)")

        self.assertEqual((1, 0), (one.count("a"), other.count("a")))
        self.assertEqual(1, len([*self.data.glob("*/template_*")]))

    def test_a_directory_that_cannot_be_written_says_which_setting_to_change(self):
        self.data.rmdir()

        with self.assertRaises(Exception) as raised:
            self.environment_.lease(SQLite())

        self.assertIn("set HARNESS_DATA_DIR to another directory", str(raised.exception))

    def test_a_path_with_odd_letters(self):
        self.data = self.directory / "data ü #?%20 '"
        self.data.mkdir()
        db = self.new_environment(HARNESS_DATA_DIR=str(self.data)).lease(SQLite(isolation="commit"))
        self.addCleanup(db.release)
        db.execute("create table a (x)")

        connection = sqlite3.connect(db.path)
        self.addCleanup(connection.close)
        self.assertEqual([], connection.execute("select * from a").fetchall())

    def test_where_the_embedded_provider_is_left_out_nothing_can_run_it(self):
        environment = self.new_environment(HARNESS_PROVIDERS="docker")

        with self.assertRaisesRegex(UnavailableError, "which is the provider embedded"):
            environment.lease(SQLite())
        self.new_environment(HARNESS_PROVIDERS="docker,sqlite=embedded").lease(SQLite()).release()

    def test_nothing_is_started_and_no_thread(self):
        import threading

        before = threading.active_count()
        self.lease().execute("select 1")

        self.assertEqual(before, threading.active_count())
        instance = self.environment_.instance(SQLite())
        self.assertEqual(("embedded", ""), (instance.provider, instance.log))
        self.assertIn("SQLite", repr(instance))

    def test_a_forked_child_gets_files_of_its_own(self):
        with self.lease(isolation="commit") as db:
            db.execute("create table a (x)")
            pid = os.fork()
            if pid == 0:
                with self.environment_.lease(SQLite(isolation="commit")) as theirs:
                    os._exit(3 if theirs.database == db.database or theirs.exists("a") else 0)
            _, status = os.waitpid(pid, 0)
            self.assertEqual(0, os.waitstatus_to_exitcode(status))
            self.assertTrue(db.exists("a"))
