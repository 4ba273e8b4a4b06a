"""A process that runs tests of one kind for a while, as often as it is asked: `python -m ...crowd`.

It is told a directory of migrations and how many tables they make; then, line by line, which kind
for how many seconds. It answers with the seconds that one test took.
"""

from __future__ import annotations

import json
import sys
import time
import unittest
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

from harness import Environment, HarnessTestCase, Postgres
from tests.benchmarks.cases import EMAIL, INSERT, PROVIDERS
from tests.benchmarks.django_peer import django_cases
from tests.benchmarks.inserts import connect

SELECT = "select count(*) from users"
REST = 0.4  # seconds in which spares are made
BURST = 2  # tests that find a spare


class ForAWhile(unittest.TestSuite):
    """One test again and again, until the time is up; at least twice.

    Args:
        case: Its class; the method is `test`.
        seconds: How long.
    """

    _cleanup = False  # unittest would forget each test by its number in a list

    def __init__(self, case: type[unittest.TestCase], seconds: float) -> None:
        super().__init__()
        self.case = case
        self.deadline = time.perf_counter() + seconds
        self.count = 0

    def __iter__(self) -> Iterator[unittest.TestCase]:
        while self.count < 2 or time.perf_counter() < self.deadline:
            self.count += 1
            yield self.case("test")


def per_test(case: type[unittest.TestCase], seconds: float) -> float:
    """Return the seconds that a test took.

    Raises:
        RuntimeError: One failed.
    """
    suite, result = ForAWhile(case, seconds), unittest.TestResult()
    begun = time.perf_counter()
    suite.run(result)
    taken = time.perf_counter() - begun
    for _, text in (*result.errors, *result.failures, *result.skipped):
        raise RuntimeError(f"{case.__name__}: {text}")
    return taken / suite.count


def in_bursts(case: type[unittest.TestCase], seconds: float) -> float:
    """Return the seconds that a test took which found a spare, after a rest."""
    taken, rounds = 0.0, 4
    for _ in range(rounds):
        time.sleep(REST)
        taken += per_test(case, 0.0)
    return taken / rounds


class Tests(HarnessTestCase):
    """What all tests with the harness are."""

    sql = INSERT
    parameters: tuple[object, ...] = (EMAIL,)

    def test(self) -> None:
        """Run one statement."""
        self.db.execute(self.sql, self.parameters)  # type: ignore[attr-defined]


def harness_cases(migrations: str, environment: Environment) -> dict[str, type[unittest.TestCase]]:
    """Return a class of tests for each isolation."""
    rollback = Postgres(migrations=migrations)
    commit = Postgres(migrations=migrations, isolation="commit")
    select = {"sql": SELECT, "parameters": ()}
    create = {"sql": "create table extra (id integer)", "parameters": ()}
    alter = {"sql": "alter table users add column extra integer", "parameters": ()}
    cases: dict[str, dict[str, Any]] = {
        "rollback": {"db": rollback},
        "commit": {"db": commit},
        "commit, read": {"db": commit, **select},
        "commit, created": {"db": commit, **create},
        "commit, altered": {"db": commit, **alter},
    }
    return {
        name: type("Case", (Tests,), {"environment": environment, **attributes})
        for name, attributes in cases.items()
    }


def truncating_case(connection: Any, tables: int) -> type[unittest.TestCase]:
    """Return tests that empty all tables afterwards."""
    names = ", ".join(["users", *(f"t{n}" for n in range(1, tables))])

    class Truncating(unittest.TestCase):
        def test(self) -> None:
            connection.cursor().execute(INSERT, [EMAIL])

        def tearDown(self) -> None:
            connection.cursor().execute(f"truncate {names} restart identity cascade")

    connection.autocommit = True
    return Truncating


def reading_case(connection: Any) -> type[unittest.TestCase]:
    """Return tests that do nothing but read."""

    class Reading(unittest.TestCase):
        def test(self) -> None:
            connection.cursor().execute(SELECT)

    return Reading


def contestants(
    migrations: str, tables: int, stack: ExitStack
) -> dict[str, Callable[[float], float]]:
    """Return what can be measured, all of it on one server."""
    environment = stack.enter_context(Environment(providers=PROVIDERS))
    service = Postgres(migrations=migrations, isolation="commit")
    cases = harness_cases(migrations, environment)
    databases = [stack.enter_context(environment.lease(service)) for _ in range(2)]
    cases |= stack.enter_context(django_cases(databases[0], tables))
    connection = stack.enter_context(closing(connect(databases[1])))
    cases["TRUNCATE"] = truncating_case(connection, tables)
    cases["alone, read"] = reading_case(connection)
    actions = {
        name: lambda seconds, case=case: per_test(case, seconds) for name, case in cases.items()
    }
    actions["commit, altered, spare"] = lambda seconds: in_bursts(cases["commit, altered"], seconds)
    return actions


def main(migrations: str, tables: str) -> None:
    """Answer until there are no more questions."""
    with ExitStack() as stack:
        actions = contestants(migrations, int(tables), stack)
        for action in actions.values():
            action(0.0)  # templates are built, modules are imported
        print("ready", flush=True)
        for line in sys.stdin:
            name, seconds = json.loads(line)
            print(actions[name](seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
