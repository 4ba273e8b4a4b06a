"""What a `commit` test does to its database, its sessions and its server: the next one is clean."""

import contextlib

import pg8000.dbapi
import psycopg

from harness import HarnessTestCase, Postgres
from tests.integration.leaks import LeakyTest
from tests.integration.providers import PROVIDERS, on, on_each_kind_of_server, on_one_python
from tests.integration.shop import shop

ADD = "insert into items (name) values ('a')"


class AbuseTest(LeakyTest):
    """Runs what breaks things, and a test that looks."""

    def run_pair(self, break_it, *, fails=()):
        """Run a test that breaks something and one that looks; return what the first got."""

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")
            dsns = []

            def test_a(self):
                self.dsns.append(str(self.db.dsn))
                break_it(self)

            def test_b(self):
                self.assertEqual(self.dsns, [str(self.db.dsn)])
                self.assertEqual(0, self.db.count("items"))
                self.assertEqual(1, self.db.value("select nextval('items_id_seq')"))
                self.assertEqual("origin", self.db.value("show session_replication_role"))
                self.db.connection.cursor().execute("select 1")
                self.db.connection.rollback()

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual((2, list(fails)), (result.testsRun, result.failed), result.text)
        return "".join(map(str, result.raised))

    def elsewhere(self, case, *statements):
        """Run statements in another database of the server."""
        endpoint = case.db.instance.endpoint
        url = str(case.db.dsn).replace(case.db.database, endpoint.database)
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@on_each_kind_of_server
@on_one_python
class PostgresConformanceAbuse(AbuseTest):
    def test_the_database_is_dropped(self):
        name = '"{}"'

        def drop(case):
            case.db.execute(ADD)
            self.elsewhere(case, f"drop database {name.format(case.db.database)} with (force)")

        text = self.run_pair(drop, fails=["test_a"])

        self.assertIn("has dropped, renamed or closed its database t_", text)

    def test_the_database_is_dropped_and_another_one_made_in_its_place(self):
        def replace(case):
            database = f'"{case.db.database}"'
            self.elsewhere(
                case, f"drop database {database} with (force)", f"create database {database}"
            )

        self.run_pair(replace, fails=["test_a"])

    def test_the_database_is_renamed(self):
        def rename(case):
            name = case.db.database
            end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
            rename = f'alter database "{name}" rename to "{name[:40]}_renamed"'
            self.elsewhere(case, f"{end}'{name}'; select pg_sleep(0.05)", rename)

        self.run_pair(rename, fails=["test_a"])

    def test_a_setting_of_the_database_and_a_comment_on_it(self):
        def change(case):
            database = f'"{case.db.database}"'
            case.db.execute(f"alter database {database} set session_replication_role = replica")

        self.run_pair(change)

    def test_its_own_sessions_are_ended(self):
        def end(case):
            for run in (case.db.execute, case.db.connection.cursor().execute):
                with contextlib.suppress(pg8000.dbapi.Error, OSError):
                    run("select pg_terminate_backend(pg_backend_pid())")

        self.run_pair(end)

    def test_all_sessions_are_ended_those_of_the_harness_too(self):
        end = (
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )

        def end_all(case):
            case.db.execute(ADD)
            with psycopg.connect(case.db.dsn, autocommit=True) as connection:
                connection.execute(end)

        self.run_pair(end_all)

    def test_all_sessions_are_ended_and_nobody_may_connect_any_more(self):
        def close(case):
            name = case.db.database
            case.db.execute(ADD)
            self.elsewhere(
                case,
                f'alter database "{name}" allow_connections false',
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
            )

        text = self.run_pair(close, fails=["test_a"])

        self.assertIn("has dropped, renamed or closed its database t_", text)

    def test_another_database_with_a_subscription_has_taken_its_place(self):
        def replace(case):
            name = case.db.database
            self.elsewhere(
                case,
                f'drop database "{name}" with (force)',
                f'create database "{name}"',
            )
            with psycopg.connect(case.db.dsn, autocommit=True) as connection:
                connection.execute(
                    "create subscription left_subscription connection 'dbname=nowhere' "
                    "publication news with (connect = false)"
                )

        text = self.run_pair(replace, fails=["test_a"])

        self.assertIn("has dropped, renamed or closed its database t_", text)

    def test_a_session_that_the_driver_has_brought_out_of_step(self):
        def stumble(case):
            case.db.execute(ADD)
            with self.assertRaises(pg8000.dbapi.InterfaceError):  # it asks for a stream
                case.db.execute("copy items to stdout")

        self.run_pair(stumble)

    def test_the_session_stops_firing_triggers(self):
        self.run_pair(lambda case: case.db.execute("set session_replication_role = replica"))

    def test_the_session_has_another_role(self):
        self.run_pair(lambda case: case.db.execute("set role pg_monitor"))

    def test_the_session_holds_advisory_locks_listens_and_has_temporary_tables(self):
        def leave(case):
            case.db.execute("select pg_advisory_lock(7)")
            case.db.execute("listen news")
            case.db.execute("create temp table items (id integer)")
            case.db.execute("prepare items as select 1")

        self.run_pair(leave)


PREPARING = Postgres(
    migrations=shop, isolation="commit", settings=(("max_prepared_transactions", "5"),)
)


class Prepared:
    def test_a_prepared_transaction_is_named_and_rolled_back(self):
        class Case(HarnessTestCase):
            db = PREPARING

            def test_a(self):
                with psycopg.connect(self.db.dsn, autocommit=True) as connection:
                    connection.execute("begin")
                    connection.execute(ADD)
                    connection.execute("prepare transaction 'half done'")

            def test_b(self):
                self.assertEqual(0, self.db.value("select count(*) from pg_prepared_xacts"))
                self.assertEqual(1, self.db.value("select nextval('items_id_seq')"))
                self.db.execute("truncate items cascade")

        result = self.run_inner(Case, "test_a", "test_b")

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIn("left 1 prepared transaction(s): half done", str(self.raised_by(result)))

    def test_one_in_a_database_that_was_closed_afterwards_is_rolled_back_too(self):
        def lose(case):
            prepare(case.db.dsn)
            alter(case, "with allow_connections false")

        self.check_losing(lose)

    def test_one_in_a_database_that_was_renamed_before_is_rolled_back_too(self):
        def lose(case):
            alter(case, "rename to renamed_by_a_test")
            prepare(case.db.dsn.replace(case.db.database, "renamed_by_a_test"))

        self.check_losing(lose)

    def check_losing(self, lose):
        """Check that a test which prepares a transaction and loses its database is told of both."""

        class Case(HarnessTestCase):
            db = PREPARING

            def test_a(self):
                lose(self)

            def test_b(self):
                self.assertEqual(0, self.db.value("select count(*) from pg_prepared_xacts"))
                self.assertEqual(0, self.db.count("items"))

        result = self.run_inner(Case, "test_a", "test_b")

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIn("left 1 prepared transaction(s): half done", result.text)
        self.assertIn("has dropped, renamed or closed its database", result.text)


def prepare(dsn):
    """Leave a prepared transaction."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in ("begin", ADD, "prepare transaction 'half done'"):
            connection.execute(statement)


def alter(case, change):
    """Change the database of a test from another one."""
    ours = case.db.database
    dsn = case.db.url("").replace(ours, case.db.instance.endpoint.database)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
            [ours],
        )
        connection.execute(f'alter database "{ours}" {change}')


on(Prepared, "embedded")


class PostgresConformanceRefused(AbuseTest):
    """As a role that the server asks for rights, and that may take them from itself."""

    def check(self, change):
        def refuse(case):
            name = case.db.database
            end = (  # those of this role: autovacuum, which may be there too, is nobody's to end
                "select pg_terminate_backend(pid) from pg_stat_activity "
                f"where usename = current_user and datname = '{name}'"
            )
            case.db.execute(ADD)
            self.elsewhere(case, change.format(name), end)

        text = self.run_pair(refuse, fails=["test_a"])

        self.assertIn("has dropped, renamed or closed its database t_", text)

    def test_nobody_may_connect_any_more(self):
        self.check('revoke all on database "{0}" from public, current_user')

    def test_no_connection_is_left_for_anybody(self):
        self.check('alter database "{0}" connection limit 0')


on(PostgresConformanceRefused, *["creator"] * ("external" in PROVIDERS))
