"""What type checkers refuse: each line here is an error. Checked, never run.

An ignored error that is none any more is an error itself: mypy's `warn_unused_ignores`, which is
part of `--strict`, and pyright's `reportUnnecessaryTypeIgnoreComment`.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from harness import (
    Command,
    Container,
    Environment,
    HarnessTestCase,
    Kafka,
    Port,
    Postgres,
    Process,
    Redis,
    Toxiproxy,
    ToxiproxyLease,
)
from harness.data.factories import Factory
from harness.services.redis.lease import RedisLease


class AssigningTest(HarnessTestCase):
    db: Postgres = Postgres()  # without the annotation, pyright takes `self.db = 3` for a new type

    def test_anything(self) -> None:
        self.db = 3  # type: ignore[assignment]

    def test_another_service(self) -> None:
        self.db = Postgres()  # type: ignore[assignment]


class Line:
    pass


class LineFactory(Factory[Line], tabel="lines"):  # type: ignore[call-arg]
    pass


class SignupTest(HarnessTestCase):
    db = Postgres()
    cache = Redis()

    def test_a_wrong_attribute(self) -> None:
        self.db.tables()  # type: ignore[attr-defined]

    def test_what_cannot_be_made(self) -> None:
        self.db.make(3)  # type: ignore[call-overload]
        self.db.make("users", "a trait")  # type: ignore[call-overload]
        name: str = self.db.make(Line)  # type: ignore[assignment]
        print(name)

    def test_the_arguments_of_a_matcher(self) -> None:
        self.assertRow(self.cache, "users", {"id": 7})  # type: ignore[arg-type]
        self.assertRow(self.db, "users", 7)  # type: ignore[arg-type]
        self.assertRows(self.db, "users", [7])  # type: ignore[list-item]
        self.assertQueries(2, db=self.cache)  # type: ignore[arg-type]

    def test_an_option_is_not_the_leases(self) -> None:
        print(self.db.isolation)  # type: ignore[attr-defined]

    def test_the_cursor_has_a_connection_of_its_own(self) -> None:
        self.db.connection.execute("select 1")  # type: ignore[attr-defined]


def faults(lease: ToxiproxyLease) -> None:
    toxics = lease.proxy("bank", "127.0.0.1:1").toxics
    toxics.latency(5)  # type: ignore[call-arg]
    toxics.latency(ms=5, jitter=1)  # type: ignore[call-arg]
    toxics.latencyy(ms=5)  # type: ignore[attr-defined]
    toxics.bandwidth(kb_per_s="5")  # type: ignore[arg-type]


def failures(lease: RedisLease) -> None:
    lease.fail_next(40001)  # type: ignore[arg-type]
    lease.fail_next("OOM", "SET")  # type: ignore[call-arg]
    lease.fail_next("OOM", time=2)  # type: ignore[call-arg]


def assign_from_outside(test: SignupTest) -> None:
    test.db = 3  # type: ignore[assignment]


SignupTest.db.execute("select 1")  # type: ignore[attr-defined]
Postgres(migration="migrations")  # type: ignore[call-arg]
Postgres(migrations=3)  # type: ignore[arg-type]
Command(["a"], timeout="3")  # type: ignore[arg-type]
Postgres(seeds=["users.sql"])  # type: ignore[arg-type]
Redis(settings=[("maxmemory", "1mb")])  # type: ignore[arg-type]
Kafka().topic("orders")  # type: ignore[attr-defined]
Redis().flush()  # type: ignore[attr-defined]
Toxiproxy(ports=1)  # type: ignore[call-arg]
Toxiproxy().proxy("bank", "127.0.0.1:1")  # type: ignore[attr-defined]
Container("redis", ports=6379)  # type: ignore[arg-type]
Container("redis", environment={"A": 1})  # type: ignore[dict-item]
Container("redis", ready="started")  # type: ignore[arg-type]
Process(["a"], ready=Port)  # type: ignore[arg-type]
Process(["a"], image="b")  # type: ignore[call-arg]
Postgres().isolation = "commit"  # type: ignore[misc]
Environment(seed=7)  # type: ignore[arg-type]


class TimeTest(HarnessTestCase):
    def test_a_clock_is_no_instant_to_go_to(self) -> None:
        self.clock.advance_to(self.clock)  # type: ignore[arg-type]

    def test_a_number_is_no_instant(self) -> None:
        self.freeze(1893456000)  # type: ignore[arg-type]
