"""What type checkers accept: the public API as a user writes it. Checked, never run."""

# pyright: strict

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_type
from unittest import mock

import confluent_kafka
import redis

from harness import (
    Alembic,
    AsyncHarnessTestCase,
    Command,
    Container,
    ContainerLease,
    DatabaseLease,
    Environment,
    ExecResult,
    HarnessError,
    HarnessTestCase,
    Healthcheck,
    Http,
    Kafka,
    KafkaLease,
    KafkaRecord,
    Line,
    Port,
    Postgres,
    PostgresLease,
    Process,
    ProcessLease,
    Redis,
    RedisLease,
    Settings,
    SQLite,
    SQLiteLease,
    Store,
    Toxiproxy,
    ToxiproxyLease,
)
from harness.core.instance import Running
from harness.data.factories import Factory, children, drawn, lazy, related, sequence, trait
from harness.faults import Fault, down, latency, toxics
from harness.faults.client import Applied
from harness.faults.failing.armed import Armed
from harness.services.rows import Row
from harness.testing import eventually
from harness.testing.clock import Clock, FakeClock, SystemClock, Timer
from harness.testing.freeze import Freeze
from harness.testing.rows import check_rows, find_row


@dataclass
class User:
    id: int
    name: str


class UserFactory(Factory[User], table="users", columns={"name": "full_name"}):
    name = sequence("user {}")
    email = lazy(lambda user: f"{user.name}@example.com")
    age = drawn(lambda rng: rng.randrange(100))
    owner = related(User, "admin", name="Ada").by(owner_id="id")
    notes = children("notes", 2)
    admin = trait(name="admin")


class AdminFactory(UserFactory):
    name = "root"


def migrate(lease: PostgresLease) -> None:
    lease.execute("create table users (email text)")


class SignupTest(HarnessTestCase):
    db = Postgres(migrations="migrations")
    other = Postgres(migrations=migrate, seeds=("users.sql",), isolation="commit", name="other")

    @classmethod
    def setUpClass(cls) -> None:
        assert_type(cls.hold(cls.other), PostgresLease)

    def test_what_was_written(self) -> None:
        assert_type(self.db.written, frozenset[str])
        with self.assertWrites(self.db, "users", msg="nothing else"):
            self.db.execute("delete from users")

    def test_a_lease(self) -> None:
        assert_type(self.db, PostgresLease)
        assert_type(self.db.count("users"), int)
        assert_type(self.db.exists("users"), bool)
        assert_type(self.db.execute("delete from users where email = %s", ["a@example.com"]), int)
        self.db.connection.cursor().execute("select 1")
        self.db.connection.commit()
        self.requireCapability(self.db, "postgres.superuser")

    def test_making(self) -> None:
        assert_type(self.db.make("users", name="Ada"), Row)
        assert_type(self.db.make(User, "admin", name="Ada"), User)
        assert_type(self.db.make(AdminFactory, name="Ada"), User)
        assert_type(self.db.make_many("users", 2, name="Ada"), list[Row])
        assert_type(self.db.make_many(User, 2, "admin", name="Ada"), list[User])
        assert_type(self.db.make_many(AdminFactory, 2), list[User])

    def test_a_url_is_a_str(self) -> None:
        text: str = self.db.dsn
        self.assertTrue(text + self.db.url("psycopg"))

    def test_waiting(self) -> None:
        assert_type(self.assertEventually(lambda: self.db.count("users"), within=2, every=0.1), int)
        assert_type(self.assertEventually(self.db.dsn.upper, msg="no URL"), str)

    def test_rows(self) -> None:
        row = self.assertRow(self.db, "users", {"id": 7, "name": mock.ANY}, email="a@example.com")
        assert_type(row, Row)
        self.assertRow(self.db, "users", ("id > %s", [7]), order_by="id desc", msg="none")
        self.assertNoRow(self.db, "users", "email is null")
        self.assertCount(self.db, "users", 2, {"email": None})
        assert_type(self.assertRows(self.db, "users", [{"id": 1}], key="id"), Sequence[Row])
        self.assertRows(self.db, "users", [(1, "a")], columns=("id", "name"), key=["id", "name"])
        assert_type(find_row(self.db, "users", {"id": 7}, {"email": "a"}), Row)
        check_rows(self.db, "users", ({"id": n} for n in range(3)), key="id")

    def test_statements(self) -> None:
        with self.assertQueries(2) as queries:
            self.db.connection.cursor().execute("select 1")
        assert_type(queries.statements, list[str])
        with self.assertQueries(at_most=3, db=self.other), self.db.recording() as recording:
            print(recording.statements)

    def test_random_numbers(self) -> None:
        assert_type(self.rng, random.Random)


def migrate_either(lease: DatabaseLease) -> None:
    lease.execute("create table users (email text)")


class StoreTest(HarnessTestCase):
    db = Store(migrations=migrate_either, postgres=Postgres(version="16"), sqlite=SQLite())
    file = SQLite(migrations="migrations", isolation="commit", foreign_keys=False, name="file")

    def test_what_both_have(self) -> None:
        assert_type(self.db, DatabaseLease)
        assert_type(self.db.count("users"), int)
        assert_type(self.db.dialect, str)
        self.db.connection.cursor().execute("select 1")
        self.db.connection.commit()
        self.requireCapability(self.db, "postgres")

    def test_sqlite(self) -> None:
        assert_type(self.file, SQLiteLease)
        assert_type(self.file.connection, sqlite3.Connection)
        assert_type(self.file.path, Path)
        text: str = self.file.dsn
        self.assertTrue(text)


assert_type(StoreTest.db, Store)


class SessionTest(HarnessTestCase):
    cache = Redis(version="7", settings=(("maxmemory", "1mb"),), exclusive=True, alias="cache")

    def test_a_lease(self) -> None:
        assert_type(self.cache, RedisLease)
        assert_type(self.cache.keys("session:*"), list[str])
        assert_type(self.cache.client, redis.Redis)
        self.cache.client.set("session:ada", "1", ex=60)
        text: str = self.cache.url
        self.assertTrue(text)
        self.cache.flush()


assert_type(SessionTest.cache, Redis)


class SlowTest(SessionTest):
    tier = "e2e"
    smoke = True


class BankTest(HarnessTestCase):
    faults = Toxiproxy(version="2", exclusive=True, alias="faults")

    def test_faults(self) -> None:
        assert_type(self.faults, ToxiproxyLease)
        bank = self.faults.proxy("bank", upstream=("127.0.0.1", 9000))
        assert_type(bank.address, tuple[str, int])
        with bank.toxics.latency(ms=5, jitter_ms=1, stream="upstream", toxicity=0.5) as applied:
            assert_type(applied, Applied)
        with bank.toxics.down(), bank.toxics.slicer(bytes=5, variation=1, delay_us=10):
            pass


assert_type(BankTest.faults, Toxiproxy)


class EventsTest(HarnessTestCase):
    events = Kafka(
        version="4", settings=(("a", "b"),), exclusive=True, alias="broker", proxied=True
    )

    def test_a_lease(self) -> None:
        assert_type(self.events, KafkaLease)
        topic = self.events.topic("paid", partitions=3, settings={"cleanup.policy": "compact"})
        assert_type(topic, str)
        group: str = self.events.group() + self.events.group("workers")
        servers: str = self.events.bootstrap_servers
        written = self.events.produce(topic, "x", key=b"k", headers={"a": b"b", "c": "d"})
        assert_type(written, KafkaRecord)
        self.events.produce(topic, None, partition=0, timestamp=1)
        assert_type(self.events.records(topic, committed=False), list[KafkaRecord])
        assert_type(written.value, bytes | None)
        producer: confluent_kafka.Producer = self.events.producer({"acks": "all"})
        consumer: confluent_kafka.Consumer = self.events.consumer(topic, "b", group=group)
        self.assertTrue(servers and producer and consumer)


assert_type(EventsTest.events, Kafka)


class OwnProbe:
    def check(self, running: Running, timeout: float) -> None:
        if "started" not in running.log():
            raise LookupError("not started")


class ShopTest(HarnessTestCase):
    db = Postgres(alias="db", exclusive=True)
    cache = Container(
        "redis",
        ports=[6379],
        environment={"LANG": "C", "DATABASE_URL": db.address("{url}")},
        command=["redis-server", "--save", ""],
        files={"/etc/a": "text", "/etc/b": b"bytes", "/etc/c": Path("c")},
        ready=Port(6379),
        memory="64m",
        depends_on=[db, "db"],
        alias="cache",
    )
    shop = Process("shop --port {port}", ready=Line(r"PORT=(\d+)"), environment={"A": "b"})
    worker = Process(["worker", cache.address()], ready=OwnProbe(), exclusive=True)
    web = Container("web", (80, 81), ready=Http("/health", port=81))
    checked = Container("checked", ready=Healthcheck())

    def test_a_container(self) -> None:
        assert_type(self.cache, ContainerLease)
        assert_type(self.cache.address(6379), tuple[str, int])
        assert_type(self.cache.exec("redis-cli ping"), ExecResult)
        assert_type(self.cache.exec(["redis-cli"], check=False, timeout=3).exit_code, int)
        text: str = self.cache.url("redis", port=6379) + self.cache.log
        self.assertTrue(text)
        self.cache.instance.restart()

    def test_a_process(self) -> None:
        assert_type(self.shop, ProcessLease)
        assert_type(self.shop.address(), tuple[str, int])
        assert_type(self.shop.host, str)
        self.worker.instance.kill()


@toxics("db", latency(ms=50))
class ProxiedTest(HarnessTestCase):
    db = Postgres(proxied=True)
    cache = Redis(proxied=True)

    @toxics("cache", down())
    def test_faults(self) -> None:
        assert_type(latency(ms=5), Fault)
        with self.db.toxics.latency(ms=500, jitter_ms=50), self.cache.toxics.having(down()) as one:
            assert_type(one, Applied)
        for fault in self.under(self.cache, [latency(ms=5), down()]):
            with fault:
                assert_type(fault.fault, Fault)
        with self.db.fail_next("40001", on="update", times=None, after=1) as failure:
            assert_type(failure.happened, int)
        assert_type(self.cache.fail_next("connection_lost", lost="request"), Armed)


assert_type(ProxiedTest.db, Postgres)


class MigratedTest(HarnessTestCase):
    revisions = Postgres(migrations=Alembic("alembic.ini", target="head", watch=[Path("a")]))
    command = Postgres(
        migrations=Command(["./manage.py", "migrate"], watch=["shop"], environment={"A": "b"}),
        seeds=("users.csv", Path("items.jsonl.gz")),
    )
    either = Store(migrations=Alembic("alembic.ini"), seeds=("users.csv",))
    file = SQLite(migrations=Command(["./manage.py", "migrate"]))

    def test_the_migrations(self) -> None:
        assert_type(self.revisions, PostgresLease)
        self.assertMigrationsReversible(self.revisions)
        self.assertMigrationsReversible(type(self).command, "a message")
        self.assertMigrationsCompatible(self.revisions)
        self.assertMigrationsCompatible(self.revisions, ["select 1"], since="a1b2", msg="more")
        self.assertMigrationsReversible(self.either)
        self.assertMigrationsCompatible(type(self).file, ["select 1"])


assert_type(SignupTest.db, Postgres)
assert_type(SignupTest.db.isolation, str)


class AnotherDatabaseTest(SignupTest):
    db = Postgres(migrations="other migrations", isolation="readonly")

    def test_it_is_a_lease_all_the_same(self) -> None:
        assert_type(self.db, PostgresLease)


class AsyncSignupTest(AsyncHarnessTestCase):
    environment = Environment(providers="embedded", seed="7")
    db = Postgres(isolation="commit")

    async def test_a_lease(self) -> None:
        assert_type(self.db, PostgresLease)

    async def fetch(self) -> bytes:
        return b"a mail"

    async def test_waiting(self) -> None:
        assert_type(await self.assertEventually(self.fetch, within=2), bytes)
        assert_type(await self.assertEventually(lambda: self.fetch()), bytes)
        assert_type(await self.assertEventually(lambda: self.db.count("users")), int)


assert_type(eventually(lambda: 3, within=1), int)


def use_without_a_test_case() -> None:
    with Environment(Settings.read()) as env, env.lease(Postgres()) as db:
        assert_type(env, Environment)
        assert_type(db, PostgresLease)
    try:
        env.close()
    except HarnessError as error:
        assert_type(error.hint, str | None)


def wait(clock: Clock) -> Timer:
    assert_type(clock.now(), datetime)
    assert_type(clock.monotonic(), float)
    clock.sleep(1)
    return clock.call_later(1, print, "a")


class TimeTest(HarnessTestCase):
    clock_start = "2030-01-01T00:00Z"

    def test_the_clock(self) -> None:
        assert_type(self.clock, FakeClock)
        wait(self.clock).cancel()
        wait(SystemClock()).cancel()
        self.clock.advance(timedelta(hours=1), minutes=1)
        self.clock.advance_to(self.clock.now())

    def test_the_frozen_time(self) -> None:
        with self.freeze("2030-01-01T00:00Z", tick=True, real=["a."]) as frozen:
            assert_type(frozen, Freeze)
            assert_type(frozen.now, datetime)
            frozen.advance(hours=1)
        self.freeze(self.clock).move_to(datetime(2031, 1, 1))


class AsyncTimeTest(AsyncHarnessTestCase):
    async def test_the_clock(self) -> None:
        await self.clock.asleep(1)
        await self.clock.aadvance(days=1)
        await self.clock.await_for_sleepers(2, within=1)
