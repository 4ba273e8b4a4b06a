"""Whatever tests do to an SQLite database, the next one finds it as the migrations left it."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys

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
    "pragma auto_vacuum = full; vacuum",
    "vacuum",
    "reindex",
    "analyze",
    "pragma journal_mode = persist",
    "pragma journal_mode = truncate",
    "pragma journal_mode = memory",
    "pragma journal_mode = off",
    "pragma schema_version = 3",
    "insert into blobs select n.id, randomblob(5000) from nodes n",
    "update blobs set content = randomblob(length(content)) where id % 7 = 3",
    "delete from blobs where id % 5 = 1",
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
    for number in range(1, 41):
        db.execute("insert into nodes values (%s, null)", [number])
    db.execute("create table blobs (id integer primary key, content blob)")
    db.execute("insert into blobs select id, zeroblob(id * 1000) from nodes")


# Where a file that was put back says that it has changed, and by which SQLite.
TOLD = (slice(24, 28), slice(40, 44), slice(92, 100))


def content(path):
    """Return the bytes of a database, but for those that tell that they have changed."""
    found = bytearray(path.read_bytes())
    for place in TOLD:
        found[place] = bytes(len(found[place]))
    return bytes(found)


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

    def test_every_byte_is_what_it_was(self):
        with self.lease("commit") as lease:
            pristine = content(lease.path)
        for round_ in range(ROUNDS):
            draws = self.rng.getrandbits(64)
            with self.subTest(round_, draws=draws):
                self.wander("commit", random.Random(draws))
                with self.lease("commit") as lease:
                    self.assertEqual(pristine, content(lease.path))
                    beside = [path.name for path in lease.path.parent.glob("*-journal")]
                    self.assertEqual([], beside)

    def test_what_a_killed_process_has_begun(self):
        code = (
            "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute('pragma cache_size = 1'); c.execute('begin');"
            "c.execute('update blobs set content = randomblob(length(content))');"
            "c.execute('update items set price = 9'); os.kill(os.getpid(), 9)"
        )
        with self.lease("commit") as lease:
            pristine = content(lease.path), state(lease)
            subprocess.run([sys.executable, "-c", code, lease.path], check=False)
            self.assertTrue(lease.path.with_name(f"{lease.path.name}-journal").exists())
        with self.lease("commit") as lease:
            self.assertEqual(pristine, (content(lease.path), state(lease)))

    def test_another_database_that_was_copied_over_it(self):
        with self.lease("commit") as lease:
            pristine, path = state(lease), lease.path
            other = path.with_name("other.db")
            self.addCleanup(other.unlink)
            shutil.copyfile(path, other)
            with contextlib.closing(sqlite3.connect(other, isolation_level=None)) as connection:
                connection.execute("delete from items")
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("delete from blobs")
            lease.execute("select 1")
            shutil.copyfile(other, path)  # of the same length and number of changes
        with self.lease("commit") as lease:
            self.assertEqual(pristine, state(lease))

    def test_a_file_that_was_emptied_or_changed_past_sqlite(self):
        for spoil in (
            lambda path: path.write_bytes(b""),
            lambda path: path.write_bytes(b"short"),
            lambda path: os.truncate(path, 8192),
            lambda path: write_at(path, 20_000, b"other bytes"),
        ):
            with self.subTest(spoil):
                with self.lease("commit") as lease:
                    pristine = state(lease)
                    spoil(lease.path)
                with self.lease("commit") as lease:
                    self.assertEqual(pristine, state(lease))

    def test_what_was_written_far_apart_in_a_file_of_some_megabytes(self):
        service = SQLite(migrations=wide, isolation="commit")
        with type(self).environment.lease(service) as lease:
            pristine = content(lease.path)
        for sql in (
            "update wide set content = zeroblob(4000) where id in (1, 300, 777, 1000)",
            "delete from wide where id > 500",
            "insert into wide (content) select content from wide",
            "delete from wide; vacuum",
        ):
            with self.subTest(sql):
                with type(self).environment.lease(service) as lease:
                    for statement in sql.split("; "):
                        lease.execute(statement)
                with type(self).environment.lease(service) as lease:
                    self.assertEqual(pristine, content(lease.path))


class SQLiteConformanceKeptConnections:
    """An application that keeps its connections over resets never sees what is gone."""

    db = SQLite(migrations=seeded, isolation="commit", name="kept connections")
    mode = "delete"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = cls.hold(cls.db)
        held.execute("insert into items (name) values ('by the class')")
        with contextlib.closing(sqlite3.connect(held.path)) as other:
            cls.pristine = list(other.iterdump())
        cls.connections = [connected(held.path) for _ in range(4)]
        cls.connections[0].execute(f"pragma journal_mode = {cls.mode}")
        cls.connections[1].execute("pragma mmap_size = 100000000")
        for connection in cls.connections:
            cls.addClassCleanup(connection.close)

    def check(self):
        """Compare what some of the connections see, not all: the others remember older tests."""
        path = self.db.path
        seen = [one for one in self.connections if self.rng.random() < 0.5]
        with contextlib.closing(connected(path)) as other:
            for one in (*seen, other):
                self.assertEqual(self.pristine, list(one.iterdump()))
                self.assertEqual([("ok",)], one.execute("pragma integrity_check").fetchall())


class SQLiteConformanceKeptConnectionsWithLog(SQLiteConformanceKeptConnections):
    """The same for one that has set the mode which most have set."""

    db = SQLite(migrations=seeded, isolation="commit", name="kept connections with a log")
    mode = "wal"


def written(self):
    """One of many tests of the same class: look, then write at random."""
    self.check()
    for _ in range(self.rng.randint(0, 4)):
        script = self.rng.choice(STATEMENTS)
        if "journal_mode" in script or "begin" in script or "savepoint" in script:
            continue  # it would stay, or leave a transaction open, which fails the test
        for statement in script.split("; "):
            with contextlib.suppress(sqlite3.Error):
                self.rng.choice((*self.connections, self.db)).execute(statement)
    for connection in self.connections:
        connection.execute("pragma foreign_keys = off")


for number in range(ROUNDS):
    setattr(SQLiteConformanceKeptConnections, f"test_{number:02}", written)


def connected(path):
    """Connect as an application that commits each statement."""
    return sqlite3.connect(path, isolation_level=None, timeout=0)


def wide(db):
    """Make a database of four megabytes, with one row in each page."""
    db.execute("create table wide (id integer primary key, content blob)")
    db.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) "
        "insert into wide select i, randomblob(4000) from n"
    )


def write_at(path, place, data):
    """Write some bytes into a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


on(SQLiteConformancePristine, "sqlite", needed=SQLite())
on(SQLiteConformanceKeptConnections, "sqlite", needed=SQLite())
on(SQLiteConformanceKeptConnectionsWithLog, "sqlite", needed=SQLite())
