"""Writing what becomes of a run into a history."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import replace

from harness.report.history.facts import Facts, digest_of
from harness.runner.clipped import clipped
from harness.runner.kinds import PASSED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome

LONGEST = 100_000  # characters of a text that are kept: a test may print a gigabyte

RUN = """
insert into run (uuid, source, began, seconds, exit_code, seed, revision, dirty, software, cores,
    python, platform, workers, ordering, shard, shards, discovered, digest, shares)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id
"""
TEST = """
insert into test (name, run, verdict) values (?, ?, ?)
on conflict (name) do update set run = excluded.run, verdict = excluded.verdict
"""
# Of a run that is over, as one that is copied: what a later one has said of a test stands
TEST_BEFORE = f"""{TEST}
where ((select began from run where id = excluded.run) <
    (select began from run where id = test.run)) is not true -- nor where that run is gone
"""
ATTEMPT = "insert into attempt values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
OUTCOME = "insert into outcome values (?, ?, ?, ?, ?, ?)"


class Writer:
    """Writes one run; each of its methods belongs into a `History.change`.

    Where that change fails, another writer has to go on: this one knows numbers that are not there.

    Args:
        run: Its number in the file.
        over: Whether it is over. One that goes on is the last one, whatever clock others had.
    """

    def __init__(self, run: int, *, over: bool = False) -> None:
        self.run = run
        self._test_of = TEST_BEFORE if over else TEST
        self._units: dict[str, int] = {}
        self._tests: dict[str, int] = {}

    def found(
        self,
        connection: sqlite3.Connection,
        names: Sequence[str],
        shares: str | None,
        *,
        keep: bool,
    ) -> None:
        """Write which tests were to be run, by this run or by other shards of it.

        Args:
            connection: To the file.
            names: Of the tests.
            shares: What is the same in all shards that share them out in the same way.
            keep: Whether to keep the names, too, and not their digest alone.
        """
        connection.execute(
            "update run set discovered = ?, digest = ?, shares = ? where id = ?",
            (len(names), digest_of(names), shares, self.run),
        )
        if keep:
            kept = [shortened(name) for name in names]  # as attempts have them, which are to match
            data = zlib.compress(json.dumps(kept).encode())
            connection.execute("insert or replace into discovered values (?, ?)", (self.run, data))

    def attempts(
        self, connection: sqlite3.Connection, done: Sequence[tuple[Entry, Attempt]]
    ) -> None:
        """Write what became of tests; of one that was broken off nothing is known."""
        done = [(entry, attempt) for entry, attempt in done if attempt.reported]
        connection.executemany(
            self._test_of, [(shortened(entry.name), self.run, entry.kind) for entry, _ in done]
        )
        rows: list[tuple[object, ...]] = []
        said: list[tuple[object, ...]] = []
        for entry, attempt in done:
            key = (self.run, self._test(connection, entry.name), number_of(entry, attempt))
            rows.append((*key, self._unit(connection, entry.unit), *values_of(entry, attempt)))
            if len(attempt.outcomes) > 1 or attempt.kind != PASSED:
                said += [(*key, *row_of(each)) for each in attempt.outcomes if each.kind != PASSED]
        connection.executemany(ATTEMPT, rows)
        connection.executemany(OUTCOME, said)

    def _test(self, connection: sqlite3.Connection, name: str) -> int:
        if name not in self._tests:
            query = "select id from test where name = ?"
            row = connection.execute(query, (shortened(name),)).fetchone()
            self._tests[name] = row[0]
        return self._tests[name]

    def said(self, connection: sqlite3.Connection, unit: str, outcome: Outcome) -> None:
        """Write what was said of a fixture."""
        row = (self.run, self._unit(connection, unit), *row_of(outcome))
        connection.execute("insert into fixture_outcome values (?, ?, ?, ?, ?)", row)

    def ended(self, connection: sqlite3.Connection, ledger: Ledger, facts: Facts) -> None:
        """Write how long fixtures took, and how the run has ended."""
        rows = [
            (self.run, self._unit(connection, unit.key), seconds)
            for unit in ledger.units.values()
            for seconds in unit.fixtures
        ]
        connection.executemany("insert into fixture values (?, ?, ?)", rows)
        connection.execute(
            "update run set seconds = ?, exit_code = ? where id = ?",
            (facts.seconds, facts.exit_code, self.run),
        )

    def _unit(self, connection: sqlite3.Connection, key: str) -> int:
        if key not in self._units:
            text = (shortened(key),)
            connection.execute("insert or ignore into unit (key) values (?)", text)
            row = connection.execute("select id from unit where key = ?", text).fetchone()
            self._units[key] = row[0]
        return self._units[key]


def begun(connection: sqlite3.Connection, facts: Facts, *, over: bool = False) -> Writer:
    """Write that a run has begun, and return what writes the rest of it.

    Args:
        connection: To the file.
        facts: What is known of the run.
        over: Whether it is over.
    """
    shard, shards = facts.shard or (None, None)
    seed = None if facts.seed is None else str(facts.seed)  # it may be larger than SQLite's numbers
    values = (
        *(facts.uuid, facts.source, facts.began, facts.seconds, facts.exit_code, seed),
        *(facts.revision, facts.dirty, json.dumps(dict(facts.software)), facts.cores),
        *(facts.python, facts.platform, facts.workers, facts.order, shard, shards),
        *(facts.discovered, facts.digest, facts.shares),
    )
    return Writer(connection.execute(RUN, values).fetchone()[0], over=over)


def write(
    connection: sqlite3.Connection, facts: Facts, ledger: Ledger, names: Sequence[str] = ()
) -> None:
    """Write a run that is over.

    Args:
        connection: To the file.
        facts: What is known of the run.
        ledger: The account of it.
        names: The tests that all its shards were to run, if they are to be kept.
    """
    writer = begun(connection, replace(facts, seconds=None, exit_code=None), over=True)
    if names or facts.discovered is None:
        writer.found(connection, names or list(ledger.entries), facts.shares, keep=bool(names))
    writer.attempts(connection, in_order(ledger))
    for unit, outcome in ledger.fixtures:
        writer.said(connection, unit, outcome)
    writer.ended(connection, ledger, facts)


def in_order(ledger: Ledger) -> list[tuple[Entry, Attempt]]:
    """Return each attempt of each test."""
    return [(entry, each) for entry in ledger.numbered for each in entry.attempts]


def number_of(entry: Entry, attempt: Attempt) -> int:
    """Return which time of a test an attempt is, from 1."""
    numbers = range(len(entry.attempts), 0, -1)  # mostly it is the last one
    return next(number for number in numbers if entry.attempts[number - 1] is attempt)


def values_of(entry: Entry, attempt: Attempt) -> tuple[object, ...]:
    """Return what is written of an attempt."""
    times = attempt.times or (None, None, None)
    return (
        *(entry.tier, attempt.round, attempt.rerun, attempt.kind, entry.kind, *times),
        *(attempt.began, attempt.worker, shortened(attempt.output) or None),
    )


def row_of(outcome: Outcome) -> tuple[str, str, str]:
    """Return what is written of an outcome."""
    return outcome.kind, shortened(outcome.text), shortened(outcome.part)


def shortened(text: str) -> str:
    """Return a text that UTF-8 can hold, without its middle if it is very long.

    Example:
        >>> shortened("z" * 300_000).count("z") == LONGEST
        True
    """
    text = clipped(text, LONGEST)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
