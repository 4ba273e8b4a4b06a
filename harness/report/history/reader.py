"""Reading a run back out of a history."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from harness.report.history.facts import Facts
from harness.report.history.file import History, told
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, Times, UnitAccount

RUNS = """
select id, uuid, source, began, seconds, exit_code, seed, revision, dirty, software, cores, python,
    platform, workers, ordering, shard, shards, discovered, digest, shares
from run order by began, id
"""
ATTEMPTS = """
select attempt.test, test.name, unit.key, tier, number, round, rerun, worker, began, setup, body,
    release, output, kind
from attempt join test on test.id = attempt.test join unit on unit.id = attempt.unit
where attempt.run = ? order by attempt.test, number
"""
OUTCOMES = "select test, number, kind, text, part from outcome where run = ? order by rowid"
FIXTURES = "select key, seconds from fixture join unit on unit.id = unit where run = ?"
SAID = "select key, kind, text, part from fixture_outcome join unit on unit.id = unit where run = ?"


class Run(NamedTuple):
    """A run in a file.

    Attributes:
        id: Its number there.
        facts: What is known of it.
    """

    id: int
    facts: Facts


def runs(history: History) -> list[Run]:
    """Return all runs, the oldest first."""
    with told(history.path):
        return [Run(row[0], facts_of(row[1:])) for row in history.rows(RUNS)]


def facts_of(row: Any) -> Facts:
    """Return the facts that a row holds."""
    uuid, source, began, seconds, code, seed, revision, dirty, software, cores, *rest = row
    python, platform, workers, order, shard, of, *marks = rest
    return Facts(
        *(uuid, source, began, seconds, code, None if seed is None else int(seed), revision),
        *(None if dirty is None else bool(dirty), json.loads(software), cores, python, platform),
        *(workers, order, None if shard is None else (shard, of), *marks),
    )


def discovered(history: History, run: int) -> list[str]:
    """Return the tests that all shards were to run together; none of a run that was no shard."""
    rows = history.rows("select names from discovered where run = ?", run)
    with told(history.path):
        return [str(name) for name in json.loads(zlib.decompress(rows[0][0]))] if rows else []


def ledger_of(history: History, run: int) -> Ledger:
    """Return the account of a run: of the tests that it has reported."""
    said = outcomes(history, run)
    entries: dict[str, Entry] = {}
    for test, name, unit, tier, number, *rest, kind in history.rows(ATTEMPTS, run):
        entry = entries.setdefault(name, Entry(name, unit, tier))
        entry.attempts.append(attempt_of(rest, said.get((test, number)) or [Outcome(kind)]))
        entry.due = len(entry.attempts)
    ledger = ledger_with(entries.values())
    for key, seconds in history.rows(FIXTURES, run):
        ledger.unit(key).fixtures.append(seconds)
    for key, *row in history.rows(SAID, run):
        ledger.fixtures.append((ledger.unit(key).key, Outcome(*row)))
    return ledger


def outcomes(history: History, run: int) -> dict[tuple[int, int], list[Outcome]]:
    """Return all that was said of attempts that have not simply passed."""
    found: dict[tuple[int, int], list[Outcome]] = {}
    for test, number, *row in history.rows(OUTCOMES, run):
        found.setdefault((test, number), []).append(Outcome(*row))
    return found


def attempt_of(row: list[Any], said: list[Outcome]) -> Attempt:
    """Return the attempt that a row holds."""
    round, rerun, worker, began, setup, body, release, output = row
    times = None if setup is None else Times(setup, body, release)
    return Attempt(round, rerun, worker, began, times, said, output or "")


def ledger_with(entries: Iterable[Entry]) -> Ledger:
    """Return an account that holds tests, those of a unit together."""
    units: dict[str, list[Entry]] = {}
    for entry in entries:
        units.setdefault(entry.unit, []).append(entry)
    ledger = Ledger()
    for key, found in units.items():
        ledger.units[key] = UnitAccount(key, tuple(entry.name for entry in found))
        ledger.entries.update((entry.name, entry) for entry in found)
        ledger.numbered += found
    ledger.found = list(ledger.numbered)
    ledger.chosen = tuple(ledger.entries)
    return ledger
