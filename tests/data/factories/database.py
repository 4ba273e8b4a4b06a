"""A database in memory for tests of factories: SQLite, with rows made as a lease makes them."""

import random

from harness.data.making.maker import RowMaker
from harness.data.making.sqlite import SqliteDialect
from tests.data.making.lite import Lite

SCHEMA = """
create table users (
    id integer primary key, email text unique, name text default 'somebody', admin boolean
);
create table accounts (
    id integer primary key,
    owner_id integer not null references users,
    email text,
    balance integer not null default 7,
    status text default 'new',
    paid_at timestamp,
    type text
);
create table orders (id integer primary key, account_id integer references accounts, total integer);
create table order_lines (
    id integer primary key,
    order_id integer not null references orders,
    position integer,
    price integer default 1
);
create table categories (
    id integer primary key, parent_id integer references categories, name text
);
create table notes (id integer primary key, about integer, text text);
create table events (
    id uuid not null primary key,
    at timestamp not null,
    day date not null,
    took interval not null,
    price numeric(6, 2) not null,
    done boolean not null,
    tags json not null
);
"""


class MemoryDatabase(Lite):
    """What factories need of a lease."""

    baseline = None

    def __init__(self, seed=1, schema=SCHEMA):
        super().__init__(schema.split(";"))
        self.rng = random.Random(seed)
        self.made = []
        self._maker = RowMaker(self, SqliteDialect(), lambda: self.rng)

    def exists(self, table):
        return bool(self.columns(table))

    def table_names(self):
        return [name for (name,) in self.rows("select name from sqlite_master order by name")]

    def columns(self, table):
        return tuple(row.name for row in self.rows(f"pragma table_info({table})"))

    def make(self, table, /, **columns):
        self.made.append((table, columns))
        return self._maker.make(table, columns)

    def count(self, table):
        return self.value(f"select count(*) from {table}")
