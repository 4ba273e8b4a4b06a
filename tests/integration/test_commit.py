"""`isolation="commit"`: real commits, seen by everybody, and a pristine database afterwards."""

import asyncio
import subprocess
import sys
import threading

import asyncpg
import psycopg

from harness import HarnessTestCase, Postgres
from harness.services.postgres.connect import sqlstate
from tests.integration.leaks import LeakyTest
from tests.integration.providers import (
    also_with_psycopg,
    on_every_provider,
    on_every_provider_and_role,
)
from tests.integration.shop import shop

ADD = "insert into items (name) values ('a')"
ELSEWHERE = """
import sys, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("insert into items (name) values ('from another process')")
    print(connection.execute("select count(*) from items").fetchone()[0])
"""


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceCommit:
    db = Postgres(migrations=shop, isolation="commit")

    def add(self):
        self.db.connection.cursor().execute(ADD)
        self.db.connection.commit()

    def test_a_commit_is_seen_by_another_driver(self):
        self.add()

        with psycopg.connect(self.db.dsn) as connection:
            self.assertEqual((1,), connection.execute("select count(*) from items").fetchone())

    def test_a_commit_is_seen_by_an_asynchronous_driver(self):
        async def ask():
            connection = await asyncpg.connect(self.db.dsn)
            try:
                return await connection.fetchval("select count(*) from items")
            finally:
                await connection.close()

        self.add()

        self.assertEqual(1, asyncio.run(ask()))

    def test_a_commit_is_seen_by_another_process_and_its_commits_here(self):
        self.add()

        command = [sys.executable, "-c", ELSEWHERE, str(self.db.dsn)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)

        self.assertEqual("2", printed.stdout.strip())
        self.assertEqual(2, self.db.count("items"))

    def test_a_commit_is_seen_by_a_thread(self):
        seen = []
        self.add()

        thread = threading.Thread(target=lambda: seen.append(self.db.count("items")))
        thread.start()
        thread.join()

        self.assertEqual([1], seen)

    def test_what_was_not_committed_is_seen_by_nobody_else(self):
        self.db.connection.cursor().execute(ADD)

        self.assertEqual(0, self.db.count("items"))
        self.db.connection.rollback()

    def test_a_connection_that_was_closed_is_followed_by_a_new_one(self):
        old = self.db.connection
        old.close()

        self.assertIsNot(old, self.db.connection)
        self.add()
        self.assertEqual(1, self.db.count("items"))

    def test_a_connection_that_was_closed_undoes_what_it_did_not_commit(self):
        self.db.connection.cursor().execute(ADD)
        self.db.connection.close()

        self.assertEqual(0, self.db.count("items"))


@on_every_provider
class PostgresConformancePristine:
    """Whatever a test does to its database, the next one finds it as the migrations left it."""

    changes = (
        f"{ADD}; insert into items (name) select 'x' || n from generate_series(1, 1000) n",
        "select nextval('items_id_seq')",
        "select setval('items_id_seq', 77); alter sequence items_id_seq increment by 10",
        "create table left_over (id integer); create index left_index on items (price)",
        "drop table items cascade; create schema left_schema",
        "truncate items cascade",
        "alter table items add column colour text; comment on table items is 'left'",
        "create function left_function() returns int language sql as 'select 1'; "
        "create or replace view cheap as select * from items where price < 99",
        "create trigger left_trigger after insert on items for each row execute function note(); "
        "alter table children alter constraint child_parent not deferrable",
        f"{ADD}; vacuum items",
    )

    look = """
        select (select count(*) from items), (select last_value from items_id_seq),
        (select is_called from items_id_seq), (select seqincrement from pg_sequence
        where seqrelid = 'items_id_seq'::regclass), (select string_agg(relname, ',' order by oid)
        from pg_class where oid > 16383), (select string_agg(nspname, ',' order by oid) from
        pg_namespace where oid > 16383 and nspname !~ '^pg_(toast_)?temp_'),
        (select string_agg(proname, ',' order by oid) from pg_proc
        where oid > 16383), (select count(*) from pg_trigger), pg_get_viewdef('cheap'::regclass),
        obj_description('items'::regclass), (select count(*) from pg_attribute where attrelid =
        'items'::regclass), (select count(*) from pg_constraint where condeferrable)"""

    def test_everything_is_back_for_the_next_test(self):
        test = self
        states = []

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def setUp(self):
                states.append(tuple(self.db.row(test.look)))

        for number, change in enumerate(self.changes):

            def method(case, change=change):
                with psycopg.connect(case.db.dsn, autocommit=True) as connection:
                    for statement in change.split("; "):
                        connection.execute(statement)

            setattr(Case, f"test_{number:02}", method)

        result = self.run_inner(Case)

        self.assertEqual([], result.raised)
        self.assertEqual(len(self.changes), len(states))
        self.assertEqual([states[0]] * len(states), states)


@on_every_provider
@also_with_psycopg
class PostgresConformanceCommitBroken(LeakyTest):
    def run_pair(self, break_it):
        driver, take_time = self.driver, self.take_time

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit", driver=driver)

            def test_a(self):
                break_it(self)

            def test_b(self):
                take_time()
                self.assertEqual(0, self.db.count("items"))

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual((2, ["test_a"]), (result.testsRun, result.failed), result.text)
        return str(self.raised_by(result))

    def test_writes_that_nobody_committed_are_named(self):
        text = self.run_pair(lambda case: case.db.connection.cursor().execute(ADD))

        self.assertIn("writes in `connection` that were never committed", text)
        self.assertIn("the code under test forgot connection.commit()", text)

    def test_a_leaked_connection_is_named_with_its_pid_application_and_last_query(self):
        pids = []

        def break_it(case):
            self.hurry()
            connection = psycopg.connect(case.db.dsn, application_name="a leaky pool")
            self.addCleanup(connection.close)
            connection.execute("select 'the last query'")
            pids.append(connection.info.backend_pid)

        text = self.run_pair(break_it)

        self.assertIn(f"pid {pids[0]} (a leaky pool, idle in transaction)", text)
        self.assertIn("last query: select 'the last query'", text)

    def test_several_leaked_connections_are_all_named(self):
        def break_it(case):
            self.hurry()
            for number in range(3):
                connection = psycopg.connect(case.db.dsn, application_name=f"pool {number}")
                self.addCleanup(connection.close)

        text = self.run_pair(break_it)

        self.assertIn("left 3 connection(s)", text)
        for number in range(3):
            self.assertIn(f"(pool {number}, idle)", text)

    def test_a_transaction_that_only_read_is_no_leak(self):
        driver = self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit", driver=driver)

            def test(self):
                self.db.connection.cursor().execute("select * from items")

        self.assertEqual([], self.run_inner(Case).raised)

    def test_a_helper_waits_ten_seconds_for_a_lock_of_the_code_and_no_longer(self):
        """Else the test would hang: the code's own transaction holds the lock."""
        texts, driver = [], self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit", driver=driver)

            def test(self):
                self.db.execute("set lock_timeout = 50")  # of this lease's own session
                self.db.connection.cursor().execute("lock table items")
                try:
                    self.db.execute(ADD)
                except Exception as error:
                    texts.append(sqlstate(error))
                self.db.connection.rollback()

        self.assertEqual([], self.run_inner(Case).raised)
        self.assertEqual(["55P03"], texts)
