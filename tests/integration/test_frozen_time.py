"""Real servers, their drivers and harness itself while the time is frozen."""

import asyncio
import contextlib
import datetime
import socket
import sqlite3
import tempfile
import time
import unittest

import asyncpg
import psycopg
import redis
import sqlalchemy

from harness import AsyncHarnessTestCase, Postgres, Redis, SQLite
from harness.adapters.sqlalchemy import engine
from tests.integration.providers import environment, on_embedded
from tests.support.unit import run_python

AT = "2030-01-01T00:00Z"
NOW = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


def schema(db):
    db.execute("create table tokens (id serial primary key, at timestamptz, day date)")
    db.execute("create table naive (at timestamp)")


def lite(db):
    db.execute("create table tokens (id integer primary key, at text, day text)")


@on_embedded
class DriversTest:
    db = Postgres(migrations=schema)
    modern = Postgres(migrations=schema, driver="psycopg", name="modern")
    shared = Postgres(migrations=schema, isolation="commit", name="shared")
    cache = Redis()
    lite = SQLite(migrations=lite)

    def keep_moment(self, execute, placeholder="%s"):
        execute(
            f"insert into tokens (at, day) values ({placeholder}, {placeholder})",
            [datetime.datetime.now(datetime.UTC), datetime.date.today()],
        )

    def test_a_frozen_moment_goes_to_the_server_and_back_by_every_driver(self):
        self.freeze(AT)
        for lease in (self.db, self.modern, self.shared):
            with self.subTest(lease):
                self.keep_moment(lease.execute)
                cursor = lease.connection.cursor() if lease is not self.shared else None
                if cursor is not None:
                    self.keep_moment(cursor.execute)
                for row in lease.rows("select at, day from tokens"):
                    self.assertEqual((NOW, NOW.date()), (row.at, row.day))
                first = lease.value("select min(id) from tokens")
                self.assertRow(
                    lease, "tokens", {"id": first}, at=datetime.datetime.now(datetime.UTC)
                )

    def test_a_frozen_moment_without_a_zone_keeps_its_time(self):
        frozen = self.freeze("2030-01-01T09:30Z")
        for lease in (self.db, self.modern):
            with self.subTest(lease):
                lease.execute("insert into naive values (%s)", [datetime.datetime.now()])
                self.assertEqual(
                    frozen.now.replace(tzinfo=None), lease.value("select at from naive")
                )

    def test_sqlite_takes_a_frozen_moment(self):
        self.freeze(AT)
        self.keep_moment(self.lite.execute)

        row = self.lite.rows("select at, day from tokens")[0]
        self.assertEqual(("2030-01-01 00:00:00+00:00", "2030-01-01"), (row.at, row.day))

    def test_sqlalchemy_and_plain_sqlite_take_a_frozen_moment(self):
        self.freeze(AT)
        now = datetime.datetime.now(datetime.UTC)
        asked = sqlalchemy.text("select cast(:a as timestamptz)")
        with engine(self.db).connect() as connection:
            self.assertEqual(now, connection.scalar(asked, {"a": now}))
        with contextlib.closing(sqlite3.connect(":memory:")) as plain:
            kept = plain.execute("select ?", [now]).fetchone()[0]
            self.assertEqual("2030-01-01 00:00:00+00:00", kept)

    def test_rows_are_made_with_it(self):
        self.freeze(AT)
        row = self.db.make("tokens", at=datetime.datetime.now(datetime.UTC))

        self.assertRow(self.db, "tokens", {"id": row.id}, at=NOW)

    def test_the_servers_own_time_is_real_so_it_is_to_be_a_parameter(self):
        self.freeze(AT)

        self.assertLess(self.db.value("select now()"), NOW)
        self.assertEqual(
            NOW, self.db.value("select %s::timestamptz", [datetime.datetime.now(datetime.UTC)])
        )
        self.assertLess(self.cache.client.time()[0], time.time())

    def test_a_key_of_redis_expires_in_real_time(self):
        frozen = self.freeze(AT)
        self.cache.client.set("a", 1, ex=60)
        frozen.advance(hours=1)

        self.assertEqual(b"1", self.cache.client.get("a"))
        self.cache.client.set("b", 1, px=1)
        self.assertEventually(lambda: self.cache.client.get("b") is None)

    def test_a_key_that_expires_at_a_frozen_instant_of_the_past_is_gone_at_once(self):
        self.freeze("2020-01-01T00:00Z")
        self.cache.client.set("a", 1, exat=int(time.time()) + 60)

        self.assertIsNone(self.cache.client.get("a"))

    def test_new_connections_and_their_time_outs_work(self):
        self.freeze(AT)
        dsn = self.shared.dsn
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            self.assertEqual((1,), connection.execute("select 1").fetchone())
            with self.assertRaises(psycopg.errors.QueryCanceled):
                connection.execute("set statement_timeout = 10; select pg_sleep(60)")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            with self.assertRaises(psycopg.OperationalError):
                psycopg.connect(f"host=127.0.0.1 port={port} connect_timeout=2")
            with socket.create_connection(("127.0.0.1", port), timeout=0.05) as plain:
                self.assertRaises(TimeoutError, plain.recv, 1)
            with self.assertRaises(redis.TimeoutError):
                redis.Redis(port=port, socket_timeout=0.05, retry=None).ping()

    def test_a_lock_of_redis_is_waited_for_in_real_time(self):
        self.freeze(AT)
        held = self.cache.client.lock("l", timeout=60)
        self.assertTrue(held.acquire())

        self.assertFalse(self.cache.client.lock("l").acquire(blocking_timeout=0.05))
        held.release()


class CoroutinesTest(AsyncHarnessTestCase):
    environment = environment("embedded")
    db = Postgres(migrations=schema, isolation="commit")

    async def test_asyncpg_goes_on_under_a_frozen_time(self):
        self.freeze(AT)
        connection = await asyncpg.connect(self.db.dsn, timeout=30)
        self.addAsyncCleanup(connection.close)
        now = datetime.datetime.now(datetime.UTC)
        await connection.execute("insert into tokens (at) values ($1)", now)
        self.assertEqual(NOW, await connection.fetchval("select at from tokens"))
        with self.assertRaises(TimeoutError):
            await connection.execute("select pg_sleep(60)", timeout=0.05)
        await asyncio.sleep(0.001)


class ImportedTest(unittest.TestCase):
    def test_drivers_that_a_frozen_test_uses_first_know_the_real_types_afterwards(self):
        code = f"""
import datetime, unittest
from harness import Environment, HarnessTestCase, Postgres, SQLite

class Case(HarnessTestCase):
    environment = Environment(providers="embedded")
    db = Postgres()
    modern = Postgres(driver="psycopg", name="modern")
    lite = SQLite()

    def test_a(self):
        self.freeze({AT!r})
        self.check()

    def test_b(self):
        assert "FakeDatetime" not in repr(type(datetime.datetime.now()))
        self.check()

    def check(self):
        now = datetime.datetime.now(datetime.UTC)
        for lease in (self.db, self.modern):
            lease.execute("create table a (at timestamptz, plain timestamp)")
            lease.execute("insert into a values (%s, %s)", [now, now.replace(tzinfo=None)])
            row = self.assertRow(lease, "a", at=now)
            self.assertEqual(now.replace(tzinfo=None), row.plain)
        self.lite.execute("create table a (at text)")
        self.lite.execute("insert into a values (%s)", [now])
        self.assertEqual(now.isoformat(" "), self.lite.value("select at from a"))

try:
    unittest.main(argv=["x"])
finally:
    Case.environment.close()
"""
        done = run_python(code, "-W", "error")

        self.assertIn("OK", done.stderr, done.stderr)


class ProvisioningTest(unittest.TestCase):
    def test_servers_are_started_leased_and_removed_under_a_frozen_time_of_any_kind(self):
        code = """
import freezegun
with freezegun.freeze_time("2000-01-01"):
    from harness import Environment, Postgres, Redis
    with Environment(providers="embedded") as environment:
        with environment.lease(Postgres(isolation="commit")) as db:
            db.execute("create table a (b integer)")
            assert db.count("a") == 0
        with environment.lease(Postgres()) as db:
            assert db.value("select 1") == 1
        with environment.lease(Redis()) as cache:
            assert cache.client.ping()
print("done")
"""
        with tempfile.TemporaryDirectory() as state:
            done = run_python(code, HARNESS_STATE_DIR=state)

        self.assertEqual("done\n", done.stdout, done.stderr)
