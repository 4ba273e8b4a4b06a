"""Whatever tests do to an SQLite database, the next one finds it as the migrations left it."""

import contextlib
import random
import sqlite3

from harness import SQLite
from harness.errors import HarnessError
from tests.integration.market import market
from tests.integration.providers import on

ROUNDS = 40
STATEMENTS = (
    "insert into items (name) values ('a')",
    "insert or replace into items (name, price) values ('a', 7)",
    "update items set price = price + 1",
    "delete from items",
    "delete from parents",
    "insert into parents values (100)",
    "insert into children values (9, 100)",
    "insert into children values (8, 12345)",
    "create table extra (x); insert into extra values (1)",
    "create index by_price on items (price)",
    "create trigger t after insert on items begin delete from parents; end",
    "alter table nodes add column note text",
    "alter table items rename to articles",
    "drop table orders",
    "drop view cheap",
    "create temp table gone (x)",
    "pragma user_version = 7",
    "pragma application_id = 7",
    "pragma journal_mode = wal",
    "pragma foreign_keys = off",
    "pragma page_size = 1024; vacuum",
    "attach ':memory:' as other; create table other.x (y)",
    "begin immediate; insert into items (name) values ('open')",
    "savepoint a; insert into items (name) values ('b'); release a",
    "commit",
    "rollback",
    "insert or rollback into items (id, name) values (1, 'first')",
)


def seeded(db):
    """Make the market, with some rows."""
    market(db)
    db.execute("insert into items (name, price) values ('first', 1), ('second', 2)")
    db.execute("insert into parents values (1)")


def state(lease):
    """Return all that can be read of a database through a connection of one's own."""
    connection = sqlite3.connect(lease.path)
    try:
        pragmas = ("user_version", "application_id", "journal_mode", "page_size")
        values = [connection.execute(f"pragma {name}").fetchone()[0] for name in pragmas]
        return values, list(connection.iterdump())
    finally:
        connection.close()


class SQLiteConformancePristine:
    def lease(self, isolation):
        service = SQLite(migrations=seeded, isolation=isolation)
        return type(self).environment.lease(service)

    def test_after_anything_at_all(self):
        with self.lease("commit") as lease:
            pristine = state(lease)
        for round_ in range(ROUNDS):
            draws = self.rng.getrandbits(64)
            isolation = self.rng.choice(("rollback", "commit"))
            with self.subTest(round_, draws=draws, isolation=isolation):
                self.wander(isolation, random.Random(draws))
                for following in ("rollback", "commit"):
                    with self.lease(following) as lease:
                        self.assertEqual(pristine, state(lease))

    def wander(self, isolation, rng):
        """Do things at random in one test, on connections of three kinds."""
        with contextlib.suppress(HarnessError), self.lease(isolation) as lease:
            other = sqlite3.connect(lease.path, timeout=0, isolation_level=None)
            lease.connection.execute("pragma busy_timeout = 0")
            lease.execute("pragma busy_timeout = 0")
            for _ in range(rng.randint(1, 8)):
                script = rng.choice(STATEMENTS)
                run = rng.choice((lease.execute, lease.connection.execute, other.execute))
                for statement in script.split("; ") if "trigger" not in script else [script]:
                    with contextlib.suppress(sqlite3.Error, HarnessError):
                        run(statement)
            if rng.random() < 0.8:
                other.close()
            if rng.random() < 0.5:
                with contextlib.suppress(sqlite3.Error, HarnessError):
                    lease.connection.commit()
        other.close()


on(SQLiteConformancePristine, "sqlite", needed=SQLite())
