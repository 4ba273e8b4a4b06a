"""Every isolation beside its peers, at several sizes of schema and with several processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import Environment, Postgres
from harness.core.endpoint import Endpoint
from tests.benchmarks import pytest_peer
from tests.benchmarks.cases import PROVIDERS
from tests.benchmarks.measure import Line, milliseconds, show

SIZES = (10, 100, 400)
PROCESSES = (1, 2, 4)
SECONDS = 0.4
ROUNDS = 3
PYTEST = "pytest-postgresql"
PEERS = ("TransactionTestCase", "TRUNCATE", PYTEST)  # that let the test commit
# What is measured: what its peers are, and what it should take, in milliseconds, at 100 tables.
OURS: dict[str, tuple[tuple[str, ...], float]] = {
    "rollback": (("TestCase",), 0.3),
    "commit": (PEERS, 1.0),
    "commit, read": (PEERS, 0.1),
    "commit, created": ((PYTEST,), 5.0),
    "commit, altered, spare": ((PYTEST,), 5.0),
    "commit, altered": ((PYTEST,), 0.0),
}
LABELS = {
    "rollback": "rollback, one INSERT",
    "commit": "commit, one INSERT",
    "commit, read": "commit, one SELECT",
    "commit, created": "commit, CREATE TABLE",
    "commit, altered, spare": "commit, ALTER TABLE, spares last",
    "commit, altered": "commit, ALTER TABLE, sustained",
    "alone, read": "the SELECT alone, nothing undone",
    "TestCase": "Django TestCase (rollback)",
    "TransactionTestCase": "Django TransactionTestCase (flush)",
    "TRUNCATE": "TRUNCATE of all tables",
    PYTEST: "pytest-postgresql (a database per test)",
}
FACTOR = 4.0  # by which each should be faster than its nearest peer
Figures = dict[str, list[float]]  # seconds per test in each process, by what was measured


def main() -> None:
    """Measure and print."""
    python = pytest_peer.peer()
    if isinstance(python, str):
        show("A peer is missing", [Line(python[:70], "")])
    with Environment(providers=PROVIDERS) as environment:
        endpoint = environment.instance(Postgres()).endpoint
        for tables in SIZES:
            with migrations(tables) as directory:
                found = {
                    count: measured(directory, tables, count, endpoint, python)
                    for count in PROCESSES
                }
            show(f"Whole test, {tables} tables, 1 process", lines(found[1]))
            show(f"Tests per second, {tables} tables", throughputs(found))


@contextmanager
def migrations(tables: int) -> Iterator[Path]:
    """Write the migrations of a schema of so many tables."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        users = "create table users (id serial primary key, email text not null unique);\n"
        others = (
            f"create table t{n} (id serial primary key, owner integer references users, "
            "name text not null, made timestamptz default now());\n"
            for n in range(1, tables)
        )
        (path / "0001_all.sql").write_text(users + "".join(others))
        yield path


def measured(
    directory: Path, tables: int, count: int, endpoint: Endpoint, python: Path | str
) -> Figures:
    """Measure all with some processes at once."""
    names = [name for name in LABELS if name != PYTEST]
    if count > 1:
        names.remove("commit, altered, spare")  # there is no time to make spares
    with crowd(directory, tables, count) as processes:
        rounds = [{name: together(processes, name) for name in names} for _ in range(ROUNDS)]
    figures = {name: medians([each[name] for each in rounds]) for name in names}
    if isinstance(python, Path):
        schema = directory / "0001_all.sql"
        figures[PYTEST] = pytest_peer.per_test(python, endpoint, schema, count)
    return figures


@contextmanager
def crowd(directory: Path, tables: int, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes, and wait until they are ready."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.crowd", str(directory), str(tables)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            while answer(process) != "ready":
                pass  # which provider it has chosen
        yield processes
    finally:
        for process in processes:
            process.communicate()


def together(processes: list[subprocess.Popen[str]], name: str) -> list[float]:
    """Have all processes run the same tests at the same time; return what one took in each."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(json.dumps([name, SECONDS]) + "\n")
        process.stdin.flush()
    return [float(answer(process)) for process in processes]


def answer(process: subprocess.Popen[str]) -> str:
    """Return the next line of a process.

    Raises:
        RuntimeError: It has ended.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the benchmark has ended")
    return line.strip()


def medians(rounds: list[list[float]]) -> list[float]:
    """Return the median of each process."""
    return [statistics.median(figures) for figures in zip(*rounds, strict=True)]


def lines(figures: Figures) -> Iterator[Line]:
    """Yield what one test takes, with how much faster it is than its nearest peer."""
    yield Line("", "", "vs peer", "aim")
    for name, label in LABELS.items():
        if name not in figures:
            continue
        peers, aim = OURS.get(name, ((), 0.0))
        known = [figures[peer][0] for peer in peers if peer in figures]
        ratio = f"x {min(known) / figures[name][0]:.1f}" if known else ""
        aims = f"{aim:g} ms, x {FACTOR:g}" if aim else f"x {FACTOR:g}" * bool(peers)
        yield Line(label, milliseconds(figures[name][0]), ratio, aims)


def throughputs(found: dict[int, Figures]) -> Iterator[Line]:
    """Yield how many tests a second all processes do, for each number of processes."""
    yield Line("processes", *(str(count) for count in found))
    for name, label in LABELS.items():
        rates = [rate(figures.get(name)) for figures in found.values()]
        if any(rates):
            yield Line(label, *rates)


def rate(seconds: list[float] | None) -> str:
    """Return the tests per second of several processes."""
    return f"{sum(1 / each for each in seconds):.0f}" if seconds else ""
