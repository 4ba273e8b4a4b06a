"""A `rollback` test that breaks the isolation fails, is told how, and harms no other test."""

import psycopg

from harness import HarnessTestCase, Postgres
from harness.errors import DeferredConstraintError, LeakError, OuterTransactionLostError
from harness.services.postgres.connect import sqlstate
from tests.integration.leaks import LeakyTest
from tests.integration.providers import also_with_psycopg, on_each_kind_of_server
from tests.integration.shop import shop


class Broken(LeakyTest):
    """Runs `test_a`, which breaks something, and `test_b`, which must find everything clean."""

    def run_pair(self, break_it):
        self.seen = []
        seen, driver, take_time = self.seen, self.driver, self.take_time

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver=driver)

            def test_a(self):
                break_it(self)

            def test_b(self):
                take_time()
                self.assertEqual(0, self.db.count("items"))
                self.assertFalse(self.db.exists("left_over"))
                self.db.execute("insert into items (name) values ('b')")
                seen.append(self.db.database)

        result = self.run_inner(Case, "test_b", "test_a", "test_b", "test_b")
        self.assertEqual(4, result.testsRun)
        self.assertEqual(["test_a"], sorted(set(result.failed)), result.text)
        self.assertEqual(1, len(set(seen)))  # the DSN stays what it was
        return result


@on_each_kind_of_server
@also_with_psycopg
class PostgresConformanceLostOuter(Broken):
    def check(self, sql):
        def break_it(case):
            case.db.connection.autocommit = True
            case.db.execute("insert into items (name) values ('a')")
            try:
                case.db.connection.cursor().execute(sql)
            except Exception:
                pass  # the code under test may swallow what it likes

        error = self.raised_by(self.run_pair(break_it))
        self.assertIsInstance(error, OuterTransactionLostError)
        self.assertIn(
            "the test ended the transaction that would have undone its writes", str(error)
        )
        self.assertIn("Postgres(isolation='commit')", str(error))
        return error

    def test_a_commit_in_a_script_is_named(self):
        sql = "insert into items (name) values ('b'); commit; create table left_over (id int)"

        self.assertIn(f"it was ended by: {sql}", str(self.check(sql)))

    def test_a_rollback_in_a_script(self):
        self.check("rollback; insert into items (name) values ('b')")

    def test_a_script_that_ends_the_transaction_and_begins_another(self):
        self.check("insert into items (name) values ('b'); commit; begin")

    def test_a_chained_commit(self):
        self.check("commit and chain")

    def test_a_chained_rollback(self):
        self.check("rollback and chain")

    def test_a_transaction_that_is_prepared(self):
        """Where the server allows it, it is lost too; else it is the server's error."""

        def break_it(case):
            case.db.execute("insert into items (name) values ('a')")
            case.db.connection.cursor().execute("prepare transaction 'left_over'")

        result = self.run_pair(break_it)

        self.assertIn("prepared transactions are disabled", result.text)  # by default
        self.assertIn("OuterTransactionLostError", result.text)

    def test_a_statement_after_the_loss_says_what_happened(self):
        messages = []

        def break_it(case):
            case.db.connection.cursor().execute("commit and chain")
            case.db.connection.commit()
            case.db.connection.cursor().execute("select 1")

        def swallow(case):
            try:
                break_it(case)
            except OuterTransactionLostError as error:
                messages.append(str(error))
            case.db.execute("insert into items (name) values ('a')")

        self.run_pair(swallow)

        self.assertIn("would have undone its writes", messages[0])

    def test_a_commit_in_a_block_is_refused_by_the_server_and_loses_nothing(self):
        def break_it(case):
            case.db.execute("insert into items (name) values ('a')")
            case.db.connection.autocommit = True
            case.db.connection.cursor().execute("do $$ begin commit; end $$")

        result = self.run_pair(break_it)

        self.assertEqual("2D000", sqlstate(self.raised_by(result)))


@on_each_kind_of_server
@also_with_psycopg
class PostgresConformanceDeferredAtTheEnd(Broken):
    def test_a_deferred_constraint_that_does_not_hold_at_the_end_fails_the_test(self):
        def break_it(case):
            case.db.connection.cursor().execute("insert into children values (1, 7)")

        error = self.raised_by(self.run_pair(break_it))

        self.assertIsInstance(error, DeferredConstraintError)
        self.assertIn("does not hold at the end of the test", str(error))
        self.assertIn("child_parent", str(error))
        self.assertIn("Key (parent)=(7) is not present", str(error))

    def test_a_failed_transaction_that_was_left_is_no_failure_of_its_own(self):
        driver = self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver=driver)

            def test(self):
                with self.assertRaisesRegex(Exception, "division by zero"):
                    self.db.connection.cursor().execute("select 1/0")

            test_again = test

        self.assertTrue(self.run_inner(Case).wasSuccessful())


@on_each_kind_of_server
@also_with_psycopg
class PostgresConformanceOthers(Broken):
    def connect(self, case, **options):
        connection = psycopg.connect(case.db.dsn, autocommit=True, **options)
        self.addCleanup(connection.close)
        return connection

    def test_a_leaked_connection_is_named_with_its_pid_application_and_last_query(self):
        pids = []

        def break_it(case):
            self.hurry()
            connection = self.connect(case, application_name="a leaky pool")
            connection.execute("select 'the last query'")
            pids.append(connection.info.backend_pid)

        error = self.raised_by(self.run_pair(break_it))

        self.assertIsInstance(error, LeakError)
        self.assertIn("left 1 connection(s) to its database open", str(error))
        self.assertIn(f"pid {pids[0]} (a leaky pool, idle)", str(error))
        self.assertIn("last query: select 'the last query'", str(error))

    def test_a_connection_that_leaks_in_the_middle_of_a_transaction_is_ended_too(self):
        def break_it(case):
            self.hurry()
            connection = psycopg.connect(case.db.dsn)
            self.addCleanup(connection.close)
            connection.execute("lock table items in access exclusive mode")

        error = self.raised_by(self.run_pair(break_it))

        self.assertIn("idle in transaction", str(error))

    def test_a_commit_by_another_connection_is_put_back_and_named(self):
        named = {"insert": "public.items", "insert elsewhere": "audit.log"}
        writes = {
            "insert": "insert into items (name) values ('a')",
            "insert elsewhere": "insert into audit.log (line) values ('a')",
            "delete": "insert into parents values (1); delete from audit.log; delete from parents",
            "create": "create table left_over (id integer)",
        }
        for name, sql in writes.items():
            with self.subTest(name):

                def break_it(case, sql=sql):
                    with self.connect(case) as connection:
                        connection.execute(sql)

                error = self.raised_by(self.run_pair(break_it))
                self.assertIsInstance(error, LeakError)
                self.assertIn("another connection committed to the test's database", str(error))
                self.assertIn(named.get(name, ""), str(error))

    def test_reading_through_the_dsn_is_no_leak(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop)

            def test(case):  # noqa: N805
                with self.connect(case) as connection:
                    connection.execute("select * from items").fetchall()

        self.assertEqual([], self.run_inner(Case).raised)

    def test_what_another_connection_rolled_back_is_no_leak(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop)

            def test(case):  # noqa: N805
                connection = self.connect(case)
                with connection, connection.transaction(force_rollback=True):
                    connection.execute("insert into items (name) values ('a')")

        self.assertEqual([], self.run_inner(Case).raised)

    def test_a_test_that_wrote_here_and_read_there_is_told_why_it_saw_nothing(self):
        def break_it(case):
            case.db.connection.cursor().execute("insert into items (name) values ('a')")
            case.db.connection.commit()
            with self.connect(case) as connection:
                (seen,) = connection.execute("select count(*) from items").fetchone()
            case.assertEqual(1, seen)

        error = self.raised_by(self.run_pair(break_it))

        note = "\n".join(error.__notes__)
        self.assertIn("other connections do not see what `connection` wrote", note)
        self.assertIn("Postgres(isolation='commit') shows it to all", note)

    def test_a_test_that_fails_for_its_own_reasons_is_told_nothing_of_the_kind(self):
        def break_it(case):
            case.db.execute("insert into items (name) values ('a')")
            case.fail("sums differ")

        error = self.raised_by(self.run_pair(break_it))

        self.assertNotIn("other connections", "\n".join(error.__notes__))

    def test_a_leak_of_a_test_that_failed_comes_after_its_own_failure(self):
        def break_it(case):
            self.hurry()
            self.connect(case)
            case.fail("sums differ")

        result = self.run_pair(break_it)

        self.assertEqual([AssertionError, LeakError], [type(error) for error in result.raised])
