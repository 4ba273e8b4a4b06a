"""What a test does to its session, the next test does not see."""

import unittest

from harness import HarnessTestCase, Postgres
from tests.integration.providers import (
    also_with_psycopg,
    on_every_provider,
    on_every_provider_and_role,
)
from tests.integration.shop import shop

TRACES = {
    "rows": "insert into items (name) values ('left')",
    "tables": "create table left_over (id integer)",
    "temporary tables": "create temporary table left_temp (id integer)",
    "advisory locks": "select pg_advisory_lock(4711)",
    "prepared statements": "prepare left_statement as select 1",
    "cursors": "declare left_cursor cursor with hold for select 1",
    "listening": "listen left_channel",
    "settings": "set work_mem = '1234kB'",
    "settings of one's own": "select set_config('left.over', 'x', false)",
    "search path": "set search_path = audit",
    "time zone": "set time zone 'Asia/Tokyo'",
    "constraints": "set constraints all deferred",
    "read only": "set default_transaction_read_only = on",
}

STATE = """
select
    (select count(*) from public.items),
    to_regclass('public.left_over'),
    to_regclass('pg_temp.left_temp'),
    (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
    (select count(*) from pg_prepared_statements where name = 'left_statement'),
    (select count(*) from pg_cursors where name = 'left_cursor'),
    (select count(*) from pg_listening_channels()),
    current_setting('work_mem'),
    current_setting('left.over', true),
    current_setting('search_path'),
    current_setting('timezone'),
    current_user,
    current_setting('default_transaction_read_only'),
    current_setting('transaction_isolation')
"""


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceSession:
    db = Postgres(migrations=shop)

    def test_the_next_test_sees_no_trace_of_the_one_before(self):
        states = {}

        driver = self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver=driver)

            def leave(self, traces):
                cursor = self.db.connection.cursor()
                for sql in traces:
                    cursor.execute(sql)
                self.db.connection.commit()

            def look(self, name):
                cursor = self.db.connection.cursor()
                cursor.execute(STATE)
                states[name] = [cursor.fetchone(), self.db.connection.autocommit]

            def test_a_look_first(self):
                self.look("before")

            def test_b_leave_each_trace(self):
                self.leave(TRACES.values())
                self.db.connection.autocommit = True
                self.look("meanwhile")
                if self.db.value("select pg_has_role('pg_monitor', 'member')"):
                    self.leave(["set role pg_monitor"])

            def test_c_look_last(self):
                self.look("after")

        result = self.run_inner(Case)

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertNotEqual(states["before"], states["meanwhile"])
        self.assertEqual(states["before"], states["after"])

    def test_rows_are_not_seen_by_other_tests_in_any_order(self):
        driver = self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver=driver)

            def add(self):
                self.assertEqual(0, self.db.count("items"))
                self.db.execute("insert into items (name) values ('a')")
                self.db.connection.cursor().execute("insert into items (name) values ('b')")
                self.db.connection.commit()

            test_a = test_b = test_c = add

        for order in (("test_a", "test_b", "test_c"), ("test_c", "test_a", "test_b", "test_a")):
            result = self.run_inner(Case, *order)
            self.assertEqual((len(order), []), (result.testsRun, result.raised))

    def test_sequences_go_on_where_the_test_before_left_them(self):
        """As in any PostgreSQL: a rollback does not give numbers back."""
        drawn, driver = [], self.driver

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, name=f"sequences of {driver}", driver=driver)

            def draw(self):
                drawn.append(self.db.value("insert into items (name) values ('a') returning id"))

            test_a = test_b = draw

        self.run_inner(Case)

        self.assertEqual([1, 2], drawn)

    def test_the_isolation_level_is_the_one_of_the_session(self):
        """A virtual transaction is a savepoint, so its level cannot be chosen any more."""
        cursor = self.db.connection.cursor()
        cursor.execute("begin isolation level serializable")
        cursor.execute("show transaction_isolation")
        self.assertEqual("read committed", cursor.fetchone()[0])

        with self.assertRaises(Exception) as raised:
            cursor.execute("set transaction isolation level serializable")

        self.assertEqual("25001", self.sqlstate(raised))

    def test_two_connections_of_one_lease_share_the_transaction(self):
        one, two = self.db.connection, self.db.new_connection()
        one.cursor().execute("insert into items (name) values ('a')")
        cursor = two.cursor()
        cursor.execute("select count(*) from items")
        self.assertEqual(1, cursor.fetchone()[0])
        cursor.execute("insert into items (name) values ('b')")
        one.rollback()

        self.assertEqual(0, self.db.count("items"))

    def test_a_rollback_of_one_connection_leaves_what_the_other_committed(self):
        one, two = self.db.connection, self.db.new_connection()
        one.cursor().execute("insert into items (name) values ('a')")
        one.commit()
        two.cursor().execute("insert into items (name) values ('b')")
        one.rollback()  # it takes no part in the transaction that is open
        two.commit()
        two.close()

        self.assertEqual(2, self.db.count("items"))

    def test_a_connection_that_was_closed_refuses_and_the_next_one_works(self):
        old = self.db.connection
        old.cursor().execute("insert into items (name) values ('a')")
        old.close()

        for use in (old.cursor, old.commit, old.rollback):
            with self.assertRaisesRegex(Exception, "connection is closed"):
                use()
        self.assertIsNot(old, self.db.connection)
        self.db.connection.cursor().execute("insert into items (name) values ('a')")
        self.db.connection.commit()
        self.assertEqual(1, self.db.count("items"))

    def test_the_lease_says_why_it_refuses_while_the_codes_transaction_has_failed(self):
        with self.assertRaisesRegex(Exception, "division by zero"):
            self.db.connection.cursor().execute("select 1/0")

        with self.assertRaisesRegex(Exception, "was not rolled back: division by zero"):
            self.db.count("items")
        self.db.connection.rollback()
        self.assertEqual(0, self.db.count("items"))

    def test_two_phase_commit_is_refused_with_the_way_out(self):
        with self.assertRaisesRegex(Exception, "isolation='commit'"):
            self.db.connection.tpc_begin(self.db.connection.xid(1, "a", "b"))


@on_every_provider
class PostgresConformanceSessionOfPg8000:
    db = Postgres(migrations=shop)

    def test_what_the_code_registers_on_its_connection_is_forgotten(self):
        texts = []

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop)

            def ask(self):
                cursor = self.db.connection.cursor()
                cursor.execute("select 7::int")
                texts.append(cursor.fetchone()[0])

            def test_a_register(self):
                self.db.connection.register_in_adapter(23, lambda text: f"seven is {text}")
                self.ask()

            def test_b_ask(self):
                self.ask()

        self.run_inner(Case)

        self.assertEqual(["seven is 7", 7], texts)

    def test_closing_twice_is_refused_as_by_a_real_one(self):
        connection = self.db.connection
        connection.close()

        with self.assertRaisesRegex(Exception, "connection is closed"):
            connection.close()

    @unittest.expectedFailure  # known: SAVEPOINT and LOCK TABLE are accepted without a BEGIN
    def test_a_savepoint_outside_a_transaction_is_the_servers_error(self):
        self.db.connection.autocommit = True
        with self.assertRaisesRegex(Exception, "25P01"):
            self.db.connection.cursor().execute("savepoint one")
