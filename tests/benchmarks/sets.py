"""A whole test with one SET in Redis, against redis-py alone on the same server."""

from __future__ import annotations

import unittest
from functools import partial
from typing import Any, ClassVar

from harness import Environment, HarnessTestCase, Redis
from tests.benchmarks.measure import Line, in_turns, microseconds, per_test, show

TESTS = 500
ROUNDS = 15
BARE = "redis-py alone, nothing flushed"


class BareTest(unittest.TestCase):
    """A test with one SET over a client that all tests share; what it writes stays."""

    client: ClassVar[Any]

    def test(self) -> None:
        """Set one key."""
        self.client.set("a", "1")


class FlushingTest(BareTest):
    """The same, flushed by hand afterwards: no test is checked for what it leaves."""

    def tearDown(self) -> None:
        self.client.flushdb()


class SetTest(HarnessTestCase):
    """A test with one SET."""

    cache = Redis()

    def test(self) -> None:
        """Set one key."""
        self.cache.client.set("a", "1")


class UntouchedTest(HarnessTestCase):
    """A test that declares a Redis and does not touch it."""

    cache = Redis()

    def test(self) -> None:
        """Do nothing."""


CASES = {
    BARE: BareTest,
    "redis-py alone, flushdb in tearDown": FlushingTest,
    "Redis()": SetTest,
    "Redis(), untouched": UntouchedTest,
}


def main() -> None:
    """Measure and print, for each kind of server of our own that is there."""
    import redis

    for provider in ("embedded", "docker"):
        with Environment(providers=provider) as environment:
            instance = environment.lease(Redis(name="bare"))
            with instance, redis.Redis.from_url(instance.url) as client:
                BareTest.client = client
                SetTest.environment = UntouchedTest.environment = environment
                measure(f"A test with one SET, {instance.instance.provenance}")


def measure(title: str) -> None:
    """Measure and print on one server."""
    medians = in_turns(
        {name: partial(per_test, case, TESTS) for name, case in CASES.items()}, ROUNDS
    )
    added = {name: f"+ {microseconds(median - medians[BARE])}" for name, median in medians.items()}
    aims = {"Redis()": "+ 300 us"}
    show(
        f"{title} ({ROUNDS} x {TESTS} tests)",
        [
            Line(
                name, microseconds(median), "" if name == BARE else added[name], aims.get(name, "")
            )
            for name, median in medians.items()
        ],
    )
