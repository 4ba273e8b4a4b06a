"""`assertQueries` on a real server, whatever the provider."""

import asyncio

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from harness import HarnessTestCase, Postgres
from harness.adapters.sqlalchemy import async_engine, engine
from harness.errors import ConfigurationError
from tests.integration.providers import also_with_psycopg, on_every_provider
from tests.integration.shop import shop

ADD = "insert into items (name) values (%s)"
UNSEEN = "the lease's URL was read in this test"


class Counting:
    """What is sent through the connections of a lease."""

    def send(self, *statements):
        cursor = self.db.connection.cursor()
        for sql in statements:
            cursor.execute(sql)

    def failure(self, code, *arguments, **options):
        with self.assertRaises(AssertionError) as raised, self.assertQueries(*arguments, **options):
            code()
        return str(raised.exception)

    def test_each_statement_of_the_connection_counts(self):
        with self.assertQueries(2) as queries:
            self.send("select 1", "select 2")

        self.assertEqual(["select 1", "select 2"], queries.statements)

    def test_none_is_a_number_too(self):
        with self.assertQueries(0):
            self.send()

    def test_transactions_and_savepoints_do_not_count(self):
        with self.assertQueries(2):
            self.send("savepoint a", "select 1", "release savepoint a")
            self.db.connection.commit()
            self.send("begin", "select 2", "rollback")
            self.db.connection.rollback()

    def test_what_the_leases_own_methods_send_does_not_count(self):
        with self.assertQueries(0):
            self.db.count("items")
            self.db.rows("select 1")
            self.assertNoRow(self.db, "items")

    def test_a_statement_that_fails_was_sent(self):
        with self.assertQueries(1), self.assertRaises(Exception):  # noqa: B017 - the driver's
            self.send("select nothing")
        self.db.connection.rollback()

    def test_what_is_sent_several_times_counts_as_often(self):
        if self.db.service.isolation == "readonly":
            self.skipTest("it writes")
        with self.assertQueries(3):
            self.db.connection.cursor().executemany(ADD, [["a"], ["b"], ["c"]])
        self.db.connection.rollback()

    def test_a_second_block_counts_anew_and_an_inner_one_counts_for_both(self):
        with self.assertQueries(2):
            self.send("select 1")
            with self.assertQueries(1):
                self.send("select 2")
        self.send("select 3")
        with self.assertQueries(0):
            pass

    def test_at_most(self):
        with self.assertQueries(at_most=2):
            self.send("select 1")
        self.assertEqual(
            "2 statements sent, expected at most 1\n"
            "    2 times: select ?\n"
            "  likely cause: a query for each row of another one (N+1)",
            self.failure(lambda: self.send("select 1", "select 2"), at_most=1),
        )

    def test_a_failure_shows_what_was_repeated_first(self):
        def load():
            cursor = self.db.connection.cursor()
            cursor.execute("select id\n  from items")
            for number in range(3):
                cursor.execute("select * from orders where item = %s", [number])

        self.assertEqual(
            "4 statements sent, expected 2\n"
            "    3 times: select * from orders where item = %s\n"
            "    once: select id from items\n"
            "  likely cause: a query for each row of another one (N+1) : slow page",
            self.failure(load, 2, msg="slow page"),
        )

    def test_an_error_in_the_block_is_not_hidden(self):
        with self.assertRaises(KeyError), self.assertQueries(5):
            raise KeyError("x")

    def test_statements_of_an_engine_count_and_not_what_it_sends_by_itself(self):
        made = engine(self.db)
        self.addCleanup(made.dispose)
        with self.assertQueries(2), Session(made) as session:
            session.execute(text("select 1"))
            with session.begin_nested():
                session.execute(text("select 2"))
            session.commit()

        self.assertNotIn(UNSEEN, self.failure(lambda: None, 1))

    def test_other_connections_are_not_counted_and_a_failure_says_so(self):
        def elsewhere():
            with psycopg.connect(self.db.dsn) as connection:
                connection.execute("select 1")

        message = self.failure(elsewhere, 1)

        self.assertIn("0 statements sent, expected 1\n", message)
        self.assertIn(UNSEEN, message)


@also_with_psycopg
@on_every_provider
class PostgresConformanceQueriesUnderRollback(Counting):
    db = Postgres(migrations=shop)
    needed = None  # else the class has two databases

    def test_each_connection_into_the_test_counts(self):
        with self.assertQueries(1), self.db.new_connection() as connection:
            connection.cursor().execute("select 1")


@also_with_psycopg
@on_every_provider
class PostgresConformanceQueriesUnderCommit(Counting):
    db = Postgres(migrations=shop, isolation="commit")
    needed = None

    def test_statements_of_an_asynchronous_engine_count(self):
        async def ask():
            made = async_engine(self.db)
            async with made.begin() as connection:
                await connection.execute(text("select 1"))
            await made.dispose()

        with self.assertQueries(1):
            asyncio.run(ask())

    def test_a_procedure_counts(self):
        self.db.execute("create procedure p() language sql as $$ select 1 $$")

        cursor = self.db.connection.cursor()
        if not hasattr(cursor, "callproc"):
            self.skipTest("this driver has no callproc")
        with self.assertQueries(1):
            cursor.callproc("p")


@also_with_psycopg
@on_every_provider
class PostgresConformanceQueriesUnderReadonly(Counting):
    db = Postgres(migrations=shop, isolation="readonly")
    needed = None


@also_with_psycopg
@on_every_provider
class PostgresConformanceQueriesWhose:
    def test_a_class_with_several_databases_has_to_name_the_lease(self):
        class Case(HarnessTestCase):
            one = Postgres()
            two = Postgres(name="two")

            def test(self):
                with self.assertQueries(1, db=self.two):
                    self.two.connection.cursor().execute("select 1")
                    self.one.connection.cursor().execute("select 1")
                with self.assertQueries(1):
                    pass

        error = self.raised_by(self.run_inner(Case))

        self.assertIsInstance(error, ConfigurationError)
        self.assertIn("whose statements?", str(error))
        self.assertIn("assertQueries(2, db=self.db)", str(error))
