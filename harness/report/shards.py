"""Joining the results of the shards of one run."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import HistoryError
from harness.report.history.facts import Facts, digest_of
from harness.report.history.file import History
from harness.report.history.reader import Run, discovered, ledger_of, ledger_with, runs
from harness.runner.ledger import Entry, Ledger

SPACE = uuid.UUID("0f1d9f0e-6c4b-5c55-8a0e-52f0a3a4a0c7")  # in which joined runs have their numbers
SHOWN = 5  # names in a line
# What a shard may have ended with that is told by its tests, or is nothing to be told: 5 is a shard
# without a test.
COMPLETE = (0, 1, 5)
OVER_BUDGET = 4


@dataclass(frozen=True)
class Shard:
    """What one shard has left.

    Attributes:
        path: The file it was read from.
        facts: What is known of its run.
        ledger: What became of the tests that it has reported.
        names: The tests that all shards were to run together.
    """

    path: Path
    facts: Facts
    ledger: Ledger
    names: Sequence[str]

    @property
    def number(self) -> int:
        """Which one it is, from 1."""
        assert self.facts.shard is not None
        return self.facts.shard[0]

    @property
    def of(self) -> int:
        """How many there are."""
        assert self.facts.shard is not None
        return self.facts.shard[1]

    def __str__(self) -> str:
        return f"shard {self.number}/{self.of}"


@dataclass(frozen=True)
class Joined:
    """The run that shards come to together.

    Attributes:
        facts: What is known of it.
        ledger: What became of each test.
        problems: Why it is not complete, a line each.
        late: Whether a shard has ended for its time limit, or is over another budget.
    """

    facts: Facts
    ledger: Ledger
    problems: Sequence[str]
    late: bool

    @property
    def problem(self) -> str:
        """All of them."""
        return "; ".join(self.problems)


def read(path: Path) -> list[Shard]:
    """Return the shards in a file: its last run, and those of the same run that are there, too.

    Args:
        path: A history, written by `harness run --shard k/n --history PATH`.

    Raises:
        HistoryError: It cannot be read, or its last run is no shard.
    """
    with History(path) as history:
        found = runs(history)
        if not found or found[-1].facts.shard is None:
            raise HistoryError(
                f"{path} holds no shard: its last run was one of all tests"
                if found
                else f"{path} holds no run",
                hint="name files that `harness run --shard K/N --history FILE` has written",
            )
        return [
            Shard(path, run.facts, ledger_of(history, run.id), discovered(history, run.id))
            for run in siblings(found)
        ]


def siblings(found: Sequence[Run]) -> Iterable[Run]:
    """Return the last run of a file, and the last one of each other shard of the same run."""
    last = marks(found[-1].facts)
    by_number = {
        run.facts.shard[0]: run
        for run in found
        if run.facts.shard is not None and marks(run.facts) == last
    }
    return by_number.values()


def marks(facts: Facts) -> tuple[object, ...]:
    """Return what the shards of one run have in common."""
    shards = facts.shard and facts.shard[1]
    return shards, facts.revision, facts.dirty, facts.seed, facts.digest


def join(shards: Sequence[Shard]) -> Joined:
    """Return what shards come to together.

    Raises:
        HistoryError: They are not of one run.
    """
    check(shards)
    shards = sorted(shards, key=lambda shard: shard.number)
    names = names_of(shards)
    ledger = joined(shards, names)
    gaps = [*absent(shards), *unlike(shards), *askew(shards), *twice(shards)]
    over = any(shard.facts.exit_code == OVER_BUDGET for shard in shards)
    facts = replace(
        shards[0].facts,
        uuid=str(uuid.uuid5(SPACE, " ".join(shard.facts.uuid for shard in shards))),
        began=min(shard.facts.began for shard in shards),
        seconds=max(shard.facts.seconds or 0.0 for shard in shards),
        workers=sum(shard.facts.workers or 0 for shard in shards),
        shard=None,
        discovered=len(names),
        digest=digest_of(names),
        shares=None,
    )
    return Joined(facts, ledger, [*gaps, *unreported(ledger)], over and not gaps)


def check(shards: Sequence[Shard]) -> None:
    """Check that shards are of one run.

    Raises:
        HistoryError: They are not, or one is there twice.
    """
    first, *others = shards
    for what, value_of in (
        ("the number of shards", lambda shard: shard.of),
        ("the commit", lambda shard: commit_of(shard.facts)),
        ("the seed", lambda shard: shard.facts.seed),
    ):
        for other in others:
            if value_of(first) != value_of(other):
                raise different(what, first, value_of(first), other, value_of(other))
    for number, count in Counter(shard.number for shard in shards).items():
        if count > 1:
            paths = " and ".join(str(shard.path) for shard in shards if shard.number == number)
            raise HistoryError(
                f"shard {number}/{first.of} is there twice: in {paths}",
                hint="name each shard's file once",
            )


def commit_of(facts: Facts) -> str:
    """Return the commit of a run as text."""
    return f"{facts.revision or 'none'}{' with changes' if facts.dirty else ''}"


def different(what: str, first: Shard, one: object, other: Shard, two: object) -> HistoryError:
    """Return the error for shards that are not of one run."""
    return HistoryError(
        f"{other.path} is of another run than {first.path}: {what} is {two}, and not {one}",
        cause="a file of an earlier run was left there, or restored from a cache",
        hint="give all shards one TEST_SEED, and each a file of its own"
        if what == "the seed"
        else "merge files of one run alone",
    )


def names_of(shards: Sequence[Shard]) -> list[str]:
    """Return all tests that any shard was to run, or has reported, each once."""
    found = (name for shard in shards for name in (*shard.names, *shard.ledger.entries))
    return list(dict.fromkeys(found))


def joined(shards: Sequence[Shard], names: Sequence[str]) -> Ledger:
    """Return the account of all tests; of one that several have reported, by the first of these."""
    entries: dict[str, Entry] = {}
    for shard in reversed(shards):
        entries.update(shard.ledger.entries)
    ledger = ledger_with(entries.get(name) or Entry(name, "", due=1) for name in names)
    for shard in shards:
        ledger.fixtures += shard.ledger.fixtures
        for key, unit in shard.ledger.units.items():
            if key in ledger.units:
                ledger.units[key].fixtures.extend(unit.fixtures)
    return ledger


def absent(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is to be said of shards that are not there, or have not come to their end."""
    there = {shard.number for shard in shards}
    for number in range(1, shards[0].of + 1):
        if number not in there:
            yield f"shard {number}/{shards[0].of} is missing"
    for shard in shards:
        if not shard.facts.ended:
            yield f"{shard} has not ended: it was killed, or is still running"
        elif shard.facts.exit_code not in (*COMPLETE, OVER_BUDGET):
            yield f"{shard} is not complete: it ended with exit code {shard.facts.exit_code}"


def unlike(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is to be said of shards that have not found the tests that the first one has."""
    first = shards[0]
    for shard in shards[1:]:
        if shard.facts.digest != first.facts.digest:
            more, less = set(shard.names) - set(first.names), set(first.names) - set(shard.names)
            yield (
                f"{shard} has found other tests than {first}: {shard.facts.discovered} and not "
                f"{first.facts.discovered}; {listed(sorted(more | less))} in one of them alone"
            )


def askew(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is to be said of shards that share the same tests out otherwise than the first."""
    first = shards[0]
    for shard in shards[1:]:
        like = shard.facts.digest == first.facts.digest
        if like and shard.facts.shares != first.facts.shares:
            yield f"{shard} shares the tests out otherwise than {first}: it went by another history"


def twice(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is to be said of tests that more than one shard has reported."""
    found: dict[str, list[Shard]] = {}
    for shard in shards:
        for name in shard.ledger.entries:
            found.setdefault(name, []).append(shard)
    for name, those in found.items():
        if len(those) > 1:
            yield f"{name} was run by {' and '.join(map(str, those))}"


def unreported(ledger: Ledger) -> Iterator[str]:
    """Yield what is to be said of tests that no shard has reported."""
    missing = ledger.missing()
    if missing:
        yield f"{len(missing)} of {len(ledger.entries)} tests were reported by no shard"


def listed(names: Sequence[str]) -> str:
    """Return names, but not too many.

    Example:
        >>> listed(["a", "b", "c", "d", "e", "f", "g"])
        'a, b, c, d, e and 2 more'
    """
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
