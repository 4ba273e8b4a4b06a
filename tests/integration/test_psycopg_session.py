"""What a psycopg connection under `rollback` leaves, shares and survives."""

import multiprocessing
import signal
import threading

import psycopg
from psycopg.types.composite import CompositeInfo, register_composite

from harness import HarnessTestCase, Postgres
from harness.errors import OuterTransactionLostError
from tests.integration.providers import on_embedded
from tests.integration.psycopg_twins import ADD
from tests.integration.shop import shop


@on_embedded
class PostgresConformancePsycopgSession:
    db = Postgres(migrations=shop, driver="psycopg")

    def test_it_is_a_connection_of_psycopg_and_the_url_says_so(self):
        self.assertIsInstance(self.db.connection, psycopg.Connection)
        self.assertTrue(self.db.url().startswith("postgresql+psycopg://"))

    def test_what_the_code_registers_on_its_connection_is_forgotten(self):
        texts = []

        class Shout(psycopg.adapt.Loader):
            def load(self, data):
                return bytes(data).decode().upper()

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver="psycopg")

            def ask(self):
                texts.append(self.db.connection.execute("select 'a'::text").fetchone()[0])

            def test_a_register(self):
                self.db.connection.adapters.register_loader("text", Shout)
                self.ask()

            def test_b_ask(self):
                self.ask()

        self.assertEqual([], self.run_inner(Case).raised)
        self.assertEqual(["A", "a"], texts)

    def test_types_of_the_database_can_be_looked_up(self):
        self.db.execute("create type pair as (first int, second text)")
        info = CompositeInfo.fetch(self.db.connection, "pair")
        register_composite(info, self.db.connection)

        pair = self.db.connection.execute("select (1, 'a')::pair").fetchone()[0]

        self.assertEqual((1, "a"), tuple(pair))

    def test_notices_reach_the_connection_that_caused_them(self):
        notices = {"one": [], "two": []}
        one, two = self.db.connection, self.db.new_connection()
        for name, connection in (("one", one), ("two", two)):
            connection.add_notice_handler(
                lambda said, name=name: notices[name].append(said.message_primary)
            )
            connection.execute(f"do $$ begin raise notice 'of {name}'; end $$")
        one.execute("do $$ begin raise notice 'of one again'; end $$")

        self.assertEqual({"one": ["of one", "of one again"], "two": ["of two"]}, notices)

    def test_the_lease_may_be_used_in_the_middle_of_a_pipeline(self):
        connection = self.db.connection
        with connection.pipeline():
            connection.execute(ADD, ["a"])
            self.assertEqual(1, self.db.count("items"))
            connection.execute(ADD, ["b"])
            connection.commit()
            self.db.execute(ADD, ["c"])

        self.assertEqual(3, self.db.count("items"))

    def test_threads_share_the_connection_and_the_lease(self):
        connection, wrong = self.db.connection, []

        def ask(number):
            for _ in range(20):
                (value,) = connection.execute("select %s::int", [number]).fetchone()
                wrong.extend(v for v in (value, self.db.value(f"select {number}")) if v != number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([], wrong)

    def test_a_cursor_that_outlives_its_test_refuses(self):
        with type(self).environment.lease(Postgres(driver="psycopg", name="kept")) as lease:
            connection = lease.connection
            cursor, named = connection.cursor(), connection.cursor("named")
            named.execute("select 1")

        for use in (lambda: cursor.execute("select 1"), lambda: connection.execute("select 1")):
            with self.assertRaisesRegex(psycopg.OperationalError, "the connection is closed"):
                use()
        named.close()
        self.assertTrue(connection.closed)

    def test_a_commit_of_a_cursor_that_went_by_the_connection_is_told(self):
        """`psycopg.Cursor(connection)` is joined to the transaction, but its text is not read."""

        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, driver="psycopg")

            def test(self):
                psycopg.Cursor(self.db.connection).execute("commit")

        error = self.raised_by(self.run_inner(Case))

        self.assertIsInstance(error, OuterTransactionLostError)
        self.assertIn("a cursor that was not made by connection.cursor()", str(error))

    def test_two_phase_commit_is_refused_with_the_way_out(self):
        with self.assertRaisesRegex(psycopg.NotSupportedError, "isolation='commit'"):
            self.db.connection.tpc_begin(self.db.connection.xid(1, "a", "b"))


@on_embedded
class PostgresConformancePsycopgInterrupts:
    db = Postgres(migrations=shop, driver="psycopg")

    def interrupted(self, action):
        """Press Ctrl-C while the server is at a statement of `action`."""
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with self.assertRaises(KeyboardInterrupt):
            action()

    def test_ctrl_c_cancels_the_statement_and_the_transaction_can_be_rolled_back(self):
        connection = self.db.connection
        connection.execute(ADD, ["a"])
        connection.commit()
        connection.execute(ADD, ["b"])

        self.interrupted(lambda: connection.execute("select pg_sleep(60)"))

        self.assertEqual("INERROR", connection.info.transaction_status.name)
        connection.rollback()
        self.assertEqual((1,), connection.execute("select count(*) from items").fetchone())

    def test_ctrl_c_in_autocommit_leaves_nothing_open(self):
        connection = self.db.connection
        connection.autocommit = True
        connection.execute(ADD, ["a"])

        self.interrupted(lambda: connection.execute("select pg_sleep(60)"))

        self.assertEqual("IDLE", connection.info.transaction_status.name)
        self.assertEqual(1, self.db.count("items"))

    def test_ctrl_c_in_a_helper_in_a_block_and_in_a_copy(self):
        def copy():
            with self.db.connection.cursor().copy("copy items (name) from stdin") as copy:
                copy.write_row(["a"])
                signal.pause()

        def block():
            with self.db.connection.transaction():
                self.db.connection.execute("select pg_sleep(60)")

        self.interrupted(lambda: self.db.value("select pg_sleep(60)"))
        self.interrupted(block)
        self.interrupted(copy)
        self.db.connection.rollback()

        self.assertEqual(0, self.db.count("items"))

    def test_a_child_that_ends_does_not_end_the_session(self):
        connection = self.db.connection
        connection.execute(ADD, ["a"])
        context = multiprocessing.get_context("fork")
        child = context.Process(target=self.assertEqual, args=(1, 1))
        child.start()
        child.join()

        self.assertEqual(0, child.exitcode)
        connection.commit()
        self.assertEqual(1, self.db.count("items"))
