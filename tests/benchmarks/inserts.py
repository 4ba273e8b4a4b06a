"""A whole test with one INSERT under rollback, against Django's `TestCase` on the same server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg

from harness import PostgresLease
from tests.benchmarks.cases import (
    COMMITTED_USERS,
    EMAIL,
    INSERT,
    ConnectionTest,
    ExecuteTest,
    PlainTest,
    PsycopgTest,
    server,
)
from tests.benchmarks.django_peer import django_case
from tests.benchmarks.measure import Line, in_turns, milliseconds, per_call, per_test, show, times

TESTS = 300
ROUNDS = 9

DJANGO = "Django TestCase, one ORM insert"
EXECUTE = "HarnessTestCase, db.execute"
CONNECTION = "HarnessTestCase, db.connection"
PSYCOPG = "the same, driver='psycopg'"
DRIVER = "pg8000 alone: begin, insert, rollback"
PSYCOPG_ALONE = "psycopg alone"
EMPTY = "unittest.TestCase, empty"
AIMS = {EXECUTE: "aim <= x 0.25", CONNECTION: "aim <= x 0.25", PSYCOPG: "aim <= x 0.25"}


def main() -> None:
    """Measure and print."""
    with contestants() as actions:
        medians = in_turns(actions, ROUNDS)
    show(
        f"Whole test with one INSERT under rollback ({ROUNDS} x {TESTS} tests)",
        [
            Line(name, milliseconds(median), times(median, medians[DJANGO]), AIMS.get(name, ""))
            for name, median in medians.items()
        ],
    )


@contextmanager
def contestants() -> Iterator[dict[str, Callable[[], float]]]:
    """Yield what is measured, all of it on one server."""
    with (
        server() as environment,
        environment.lease(COMMITTED_USERS) as lease,
        django_case(lease) as django,
        closing(connect(lease)) as connection,
        psycopg.connect(lease.dsn) as other,
    ):
        yield {
            DJANGO: partial(per_test, django, TESTS),
            EXECUTE: partial(per_test, ExecuteTest, TESTS),
            CONNECTION: partial(per_test, ConnectionTest, TESTS),
            PSYCOPG: partial(per_test, PsycopgTest, TESTS),
            DRIVER: partial(per_call, partial(insert_and_roll_back, connection), TESTS),
            PSYCOPG_ALONE: partial(per_call, partial(insert_and_roll_back, other), TESTS),
            EMPTY: partial(per_test, PlainTest, TESTS),
        }


def connect(lease: PostgresLease) -> Any:
    """Connect to the lease's database without the harness."""
    import pg8000.dbapi

    endpoint = lease.instance.endpoint
    return pg8000.dbapi.connect(
        endpoint.user,
        host=endpoint.host,
        port=endpoint.port,
        unix_sock=endpoint.socket,
        password=endpoint.password,
        database=lease.database,
        ssl_context=False,
    )


def insert_and_roll_back(connection: Any) -> None:
    """Do by hand what the test does."""
    connection.cursor().execute(INSERT, [EMAIL])
    connection.rollback()
