"""Statements that fail on any connection through the fault proxy, whoever has opened it."""

import asyncio
import threading

import psycopg
import sqlalchemy
from psycopg.errors import DiskFull, SerializationFailure

from harness import Environment, HarnessTestCase, Postgres
from harness.core.settings import Settings
from harness.errors import FaultError
from harness.services.postgres.connect import client_errors, sqlstate
from tests.integration.failing import make_accounts, pay
from tests.integration.providers import (
    also_with_psycopg,
    on_embedded,
    on_every_provider_through_ours,
)
from tests.integration.test_fail_next import Failing
from tests.integration.toxiproxies import real, real_server


@also_with_psycopg
@on_every_provider_through_ours
class ProxiedConformance(Failing):
    needed = Postgres(proxied=True)
    db = Postgres(migrations=make_accounts, isolation="commit", proxied=True)

    def connect(self):
        connection = psycopg.connect(self.db.url(""), connect_timeout=5)
        self.addCleanup(connection.close)
        return connection

    def test_connections_that_are_open_already_and_new_ones_fail(self):
        for connection in (self.connect(), self.connect()):
            pay(connection, 1)
            self.db.fail_next("40001", on="update")
            self.assertEqual(2, pay(connection, 1, tries=2))
        self.db.fail_next("40001", on="update")
        self.assertEqual(2, pay(self.connect(), 1, tries=2))
        self.assertEqual((95, 5), self.state())

    def test_a_statement_that_a_connection_has_prepared_long_ago_fails(self):
        connection = self.connect()
        for _ in range(2):
            connection.execute("update accounts set balance = balance", prepare=True)
        connection.commit()
        self.db.fail_next("53100", on="update")
        with self.assertRaises(DiskFull):
            connection.execute("update accounts set balance = balance", prepare=True)
        connection.rollback()
        connection.execute("update accounts set balance = balance", prepare=True)
        connection.commit()

    def test_in_a_pipeline_the_statement_that_is_meant_fails(self):
        connection = self.connect()
        self.db.fail_next("40001", on="insert")
        with self.assertRaises(SerializationFailure), connection.pipeline():
            connection.execute("update accounts set balance = 0")
            connection.execute("insert into paid (amount) values (1)")
            connection.execute("insert into paid (amount) values (2)")
        connection.rollback()
        self.assertEqual((100, 0), self.state())

    def test_a_pool_s_connection_fails_and_is_good_for_more(self):
        made = sqlalchemy.create_engine(self.db.url(), pool_size=1, max_overflow=0)
        self.addCleanup(made.dispose)
        update = sqlalchemy.text("update accounts set balance = balance - 1")
        with made.begin() as connection:
            connection.execute(update)
        for on in ("update", "commit"):
            self.db.fail_next("serialization_failure", on=on)
            with self.assertRaises(sqlalchemy.exc.DBAPIError), made.begin() as connection:
                connection.execute(update)
            with made.begin() as connection:
                connection.execute(update)
        self.assertEqual((97, 0), self.state())

    def test_a_response_to_a_commit_is_lost_and_the_row_is_there(self):
        connection = self.db.connection
        self.db.fail_next("connection_lost", on="commit")
        cursor = connection.cursor()
        cursor.execute("insert into paid (amount) values (1)")
        self.failing(connection.commit)
        self.assertEqual((100, 1), self.state())
        self.assertEqual(1, pay(self.db.connection, 10))

    def test_a_request_to_commit_is_lost_and_the_row_is_not_there(self):
        connection = self.db.connection
        self.db.fail_next("connection_lost", on="commit", lost="request")
        cursor = connection.cursor()
        cursor.execute("insert into paid (amount) values (1)")
        self.failing(connection.commit)
        self.assertEqual((100, 0), self.state())

    def test_a_lost_statement_of_its_own_is_carried_out_too(self):
        connection = self.connect()
        connection.autocommit = True
        with self.db.fail_next("connection_lost", on="insert"):
            self.failing(connection.execute, "insert into paid (amount) values (%s)", [1])
        self.assertEqual((100, 1), self.state())

    def test_a_connection_that_was_lost_is_no_failure_and_the_next_test_is_clean(self):
        def test_a(case):
            connection = case.db.connection
            for lost in ("request", "response"):
                case.db.fail_next("connection_lost", on="update", lost=lost)
                with case.assertRaises(client_errors()):
                    connection.cursor().execute("update accounts set balance = 0")
                connection = case.db.connection

        def test_b(case):
            case.assertEqual(1, pay(case.db.connection, 10))
            case.assertEqual(1, case.db.count("paid"))

        names = {"db": self.db.service, "test_a": test_a, "test_b": test_b}
        result = self.run_inner(type("Inner", (HarnessTestCase,), names), "test_a", "test_b")

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_toxics_and_failures_stack(self):
        with self.db.toxics.latency(ms=5), self.db.toxics.slicer(bytes=3):
            self.db.fail_next("40001", on="update")
            self.assertEqual(2, pay(self.db.connection, 10, tries=2))

    def test_of_several_connections_one_is_hit(self):
        self.db.fail_next("40001", on="update", times=2)
        tries = []
        threads = [
            threading.Thread(target=lambda: tries.append(pay(self.connect(), 1, tries=9)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((96, 4), self.state())
        self.assertGreaterEqual(sum(tries), 6)


@on_embedded
class AsyncpgTest:
    needed = Postgres(proxied=True)
    db = Postgres(migrations=make_accounts, isolation="commit", proxied=True)

    def test_asyncpg_s_pool_fails_too(self):
        asyncio.run(self.use_a_pool())
        self.assertEqual(99, self.db.value("select balance from accounts"))

    async def use_a_pool(self):
        import asyncpg

        update = "update accounts set balance = balance - $1"
        async with asyncpg.create_pool(self.db.dsn, min_size=1, max_size=1) as pool:
            await pool.execute(update, 1)
            for on in ("update", "commit"):
                self.db.fail_next("40001", on=on)
                with self.assertRaises(asyncpg.SerializationError):
                    await self.in_a_transaction(pool, update)
            self.db.fail_next("connection_lost", on="update", lost="request")
            with self.assertRaises((asyncpg.PostgresConnectionError, OSError)):
                await pool.execute(update, 1)

    async def in_a_transaction(self, pool, sql):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(sql, 1)


@on_embedded
class ProxiesTest:
    needed = Postgres(proxied=True)
    db = Postgres(migrations=make_accounts, isolation="commit", proxied=True)

    def test_an_application_that_a_class_holds_fails_in_the_test_that_asks_for_it(self):
        service = self.db.service

        class Inner(HarnessTestCase):
            db = service

            @classmethod
            def setUpClass(cls):
                cls.application = psycopg.connect(cls.hold(cls.db).dsn)
                cls.addClassCleanup(cls.application.close)

            def test_a(self):
                self.db.fail_next("40001", on="update")
                self.assertEqual(2, pay(self.application, 10, tries=2))

            def test_b(self):
                self.assertEqual(1, pay(self.application, 10, tries=2))

        result = self.run_inner(Inner, "test_a", "test_b")

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_real_toxiproxy_cannot_and_the_error_says_how_to_use_ours(self):
        server = real(real_server() or self.skipTest("no toxiproxy-server"))
        self.addCleanup(server.close)
        with self.through(server.url) as lease, self.assertRaises(FaultError) as raised:
            lease.fail_next("40001")
        self.assertEqual(
            f"{self.db.service.label} cannot have a statement fail: its fault proxy lacks "
            "toxiproxy.messages",
            raised.exception.what,
        )
        self.assertIn("TOXIPROXY_URL", raised.exception.cause)
        self.assertIn("HARNESS_FAULT_PROXY=own", raised.exception.hint)
        with self.through(server.url, HARNESS_FAULT_PROXY="own") as lease:
            lease.fail_next("40001", on="update")
            self.assertEqual(2, pay(lease.connection, 10, tries=2))

    def through(self, url, **environ):
        """Return a lease on embedded servers, where a variable names a Toxiproxy."""
        settings = Settings.read(environ={**self.variables(), "TOXIPROXY_URL": url, **environ})
        environment = self.enterContext(
            Environment(settings, providers="embedded,toxiproxy=external")
        )
        return environment.lease(self.db.service)

    def variables(self):
        return dict(self.environment.settings.environ)

    def test_a_connection_that_sends_no_statement_is_none(self):
        def test(case):
            case.db.fail_next("40001")
            with socket.create_connection(address(case.db.dsn), 5) as line:
                line.sendall(struct.pack("!ii", 8, 80877103))
                line.recv(1)

        import socket
        import struct

        def address(dsn):
            info = psycopg.conninfo.conninfo_to_dict(dsn)
            return info["host"], int(info["port"])

        case = type("Inner", (HarnessTestCase,), {"db": self.db.service, "test": test})
        error = self.raised_by(self.run_inner(case))
        self.assertEqual("nothing was sent through the fault proxy while it was armed", error.cause)

    def test_under_rollback_it_is_the_statements_of_connection(self):
        with self.environment.lease(Postgres(migrations=make_accounts, proxied=True)) as lease:
            for on in ("update", "commit"):
                lease.fail_next("40001", on=on)
                self.assertEqual(2, pay(lease.connection, 10, tries=2))
            self.assertEqual(80, lease.value("select balance from accounts"))
            with self.assertRaises(FaultError):
                lease.fail_next("connection_lost")

    def test_in_a_sweep_nothing_else_fails(self):
        def ask():
            with psycopg.connect(self.db.dsn) as connection:
                connection.execute("select 1")

        for cut in self.db.sweep(ask, max_points=1):
            with cut, self.assertRaises(FaultError) as raised:
                self.db.fail_next("40001")
        self.assertIn("has no other faults in a sweep", str(raised.exception))
        with self.db.fail_next("40001"), self.assertRaises(SerializationFailure):
            ask()

    def test_an_error_of_the_server_s_own_is_not_renamed(self):
        connection = psycopg.connect(self.db.dsn)
        self.addCleanup(connection.close)
        with self.db.fail_next("40001", on="update"):
            with self.assertRaises(psycopg.errors.UndefinedTable):
                connection.execute("select 1 from nowhere")
            connection.rollback()
            with self.assertRaises(SerializationFailure) as raised:
                connection.execute("update accounts set balance = 0")
        self.assertEqual("40001", sqlstate(raised.exception))

    def test_large_values_and_answers_go_through_while_it_is_armed(self):
        with psycopg.connect(self.db.dsn) as connection, self.db.fail_next("40001", on="update"):
            value = "x" * 3_000_000
            found = connection.execute("select %s::text, repeat('y', 2000000)", [value]).fetchone()
            self.assertEqual((3_000_000, 2_000_000), tuple(map(len, found)))
            rows = connection.execute("select generate_series(1, 50000)").fetchall()
            self.assertEqual(50_000, len(rows))
            with self.assertRaises(SerializationFailure):
                connection.execute("update accounts set balance = 0")
            connection.rollback()
