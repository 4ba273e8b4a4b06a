"""A database in memory for tests of factories, with a `make` that is as simple as can be."""

import enum
import random
import sqlite3

from harness.services.postgres.rows import Row

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
"""


class MemoryDatabase:
    """What factories need of a lease, over SQLite."""

    baseline = None

    def __init__(self, seed=1, schema=SCHEMA):
        self.rng = random.Random(seed)
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(schema)
        self.connection.execute("pragma foreign_keys = on")
        self.made = []

    def close(self):
        self.connection.close()

    def exists(self, table):
        return bool(self.columns(table))

    def columns(self, table):
        return tuple(row[1] for row in self.connection.execute(f"pragma table_info({table})"))

    def make(self, table, /, **columns):
        self.made.append((table, columns))
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        what = f"({names}) values ({marks})" if columns else "default values"
        cursor = self.connection.execute(
            f"insert into {table} {what} returning *", [stored(v) for v in columns.values()]
        )
        (values,) = cursor.fetchall()
        return Row([column[0] for column in cursor.description], values)

    def count(self, table):
        return self.connection.execute(f"select count(*) from {table}").fetchone()[0]


def stored(value):
    return value.value if isinstance(value, enum.Enum) else value
