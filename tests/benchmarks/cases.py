"""What the benchmarks have in common: a table to write to, and tests that write to it."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness import Environment, HarnessTestCase, Postgres

PROVIDERS = "embedded,docker"  # a server of our own
INSERT = "insert into users (email) values (%s)"
EMAIL = "ada@example.com"


def create_users(db: Any) -> None:
    """Migrate the database."""
    db.execute("create table users (id serial primary key, email text not null unique)")


USERS = Postgres(migrations=create_users)
PSYCOPG_USERS = Postgres(migrations=create_users, driver="psycopg")
COMMITTED_USERS = Postgres(migrations=create_users, isolation="commit")
READONLY_USERS = Postgres(migrations=create_users, isolation="readonly")


@contextmanager
def server() -> Iterator[Environment]:
    """Run the tests of `Test` and its subclasses on a server of our own.

    Raises:
        UnavailableError: There is no PostgreSQL here.
    """
    with Environment(providers=PROVIDERS) as environment:
        environment.choose(USERS)
        Test.environment = environment
        yield environment


class Test(HarnessTestCase):
    """A test that touches nothing."""

    def test(self) -> None:
        """Do nothing."""


class PlainTest(unittest.TestCase):
    """The same test without the harness."""

    def test(self) -> None:
        """Do nothing."""


class UntouchedTest(Test):
    """A test that declares a database and does not touch it."""

    db = USERS


class ExecuteTest(Test):
    """A test with one INSERT by the lease."""

    db = USERS

    def test(self) -> None:
        """Insert one row."""
        self.db.execute(INSERT, [EMAIL])


class ConnectionTest(Test):
    """A test of code that inserts and commits on a connection."""

    db = USERS

    def test(self) -> None:
        """Insert one row and commit it."""
        connection = self.db.connection
        connection.cursor().execute(INSERT, [EMAIL])
        connection.commit()


class PsycopgTest(ConnectionTest):
    """The same on a connection of psycopg."""

    db = PSYCOPG_USERS


class CommitInsertTest(ExecuteTest):
    """A test with one INSERT that everybody sees."""

    db = COMMITTED_USERS


class CommitSelectTest(Test):
    """A test that could write for everybody to see, and only reads."""

    db = COMMITTED_USERS

    def test(self) -> None:
        """Read the table."""
        self.db.count("users")


class ReadonlyTest(CommitSelectTest):
    """A test that may only read."""

    db = READONLY_USERS
