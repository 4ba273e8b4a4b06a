"""Kafka: from nothing to the first record, and there and back when warm, on each broker."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from harness import Environment, Kafka, KafkaLease
from harness.core.settings import Settings
from harness.errors import HarnessError
from tests.benchmarks.measure import (
    Line,
    bytecode,
    in_turns,
    milliseconds,
    per_call,
    python,
    show,
    times,
)
from tests.benchmarks.starts import AbsentError, absent

STARTS = 5
TURNS = 200
IMPORTS = 11
MOCK, JARS, DOCKER, EXTERNAL = "mock", "jars", "docker", "external"
AIMS = {JARS: "aim <= 2 s", MOCK: "aim <= 500 ms"}
ROUND_TRIP = "aim <= 50 ms"
CLIENT = "import confluent_kafka"
OURS = "from harness import HarnessTestCase, Kafka"


def main() -> None:
    """Measure and print."""
    show_imports()
    show_starts()
    show_round_trips()


def places() -> dict[str, dict[str, str]]:
    """Return the variables that choose each broker."""
    embedded = {"HARNESS_PROVIDERS": "embedded"}
    found = {MOCK: {**embedded, "KAFKA_HOME": ""}}
    if os.environ.get("KAFKA_HOME"):
        found[JARS] = embedded
    return {
        **found,
        DOCKER: {"HARNESS_PROVIDERS": "docker"},
        EXTERNAL: {"HARNESS_PROVIDERS": "external"},
    }


def show_imports() -> None:
    """Compare whole processes that import the client, and what declares a class."""
    with bytecode() as environment:
        actions = {
            code: partial(per_call, partial(python, "-c", code, **environment), 1)
            for code in (CLIENT, OURS)
        }
        medians = in_turns(actions, IMPORTS)
    show(
        f"Import, as a whole process ({IMPORTS} of each)",
        [
            Line(code, milliseconds(median), times(median, medians[CLIENT]))
            for code, median in medians.items()
        ],
    )


def show_starts() -> None:
    """Compare fresh processes, up to their first record."""
    lines: list[Line] = []
    with bytecode() as environment:
        actions: dict[str, Callable[[], float]] = {}
        for name, variables in places().items():
            action = partial(first_record, **environment, **variables)
            try:
                action()  # whether it is there; prepares what is made once
            except AbsentError as reason:
                lines.append(absent(name, str(reason)))
            else:
                actions[name] = action
        medians = in_turns(actions, STARTS)
    lines[:0] = [Line(name, milliseconds(m), "", AIMS.get(name, "")) for name, m in medians.items()]
    show(f"From nothing to the first record ({STARTS} processes each)", lines)


def first_record(**environment: str) -> float:
    """Return the seconds that a fresh process needs for its first record.

    Raises:
        AbsentError: There is no such broker here.
    """
    outcome = json.loads(python("-m", "tests.benchmarks.first_record", **environment))
    if "reason" in outcome:
        raise AbsentError(outcome["reason"])
    return float(outcome["seconds"])


def show_round_trips() -> None:
    """Compare `produce` and `records` with a consumer of the client's own, waiting for each."""
    lines: list[Line] = []
    with ExitStack() as stack:
        for name, variables in places().items():
            try:
                lease = stack.enter_context(leased(variables))
            except HarnessError as error:
                lines.append(absent(name, str(error)))
                continue
            lines += round_trips(name, lease)
    show(f"A record there and back, warm (median of {TURNS})", lines)


@contextmanager
def leased(variables: dict[str, str]) -> Iterator[KafkaLease]:
    """Hold a lease on a broker."""
    settings = Settings.read(environ={**os.environ, **variables})
    with Environment(settings) as environment, environment.lease(Kafka()) as lease:
        yield lease


def round_trips(name: str, lease: KafkaLease) -> Iterator[Line]:
    """Measure one broker: our own calls, a consumer of ours, and one with the default settings."""
    ours = median(partial(write_and_read, lease), TURNS)
    yield Line(f"{name}: produce, records", milliseconds(ours), "", ROUND_TRIP)
    for label, settings, turns in (
        ("consumer()", {}, TURNS),
        ("default consumer", {"fetch.wait.max.ms": 500}, 10),
    ):
        topic = lease.topic(f"turns-{turns}")
        lease.produce(topic, "x")
        consumer = lease.consumer(topic, group=lease.group(f"turns-{turns}"), settings=settings)
        consumer.poll(30)
        found = median(partial(write_and_wait, lease, topic, consumer), turns)
        yield Line(f"{name}: produce, {label}", milliseconds(found), times(found, ours))


def median(action: Callable[[], object], turns: int) -> float:
    """Return the median of the seconds that an action takes, when warm."""
    action()
    return statistics.median(per_call(action, 1) for _ in range(turns))


def write_and_read(lease: KafkaLease) -> None:
    """Write a record and read the topic."""
    topic = lease.topic("there-and-back")
    lease.produce(topic, "x")
    assert lease.records(topic)


def write_and_wait(lease: KafkaLease, topic: str, consumer: Any) -> None:
    """Write a record and wait until a consumer has it."""
    time.sleep(0.002)  # it is waiting by then
    lease.produce(topic, "x")
    assert consumer.poll(30) is not None
