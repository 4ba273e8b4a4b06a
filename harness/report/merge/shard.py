"""What one shard of a run has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import HistoryError
from harness.report.history.facts import Facts
from harness.report.history.file import History
from harness.report.history.reader import Run, discovered, ledger_of, runs
from harness.runner.ledger import Ledger


@dataclass(frozen=True)
class Shard:
    """What one shard has left.

    Attributes:
        path: The file it was read from.
        facts: What is known of its run.
        ledger: What became of the tests that it has reported.
        names: The tests that all shards were to run together.
        earlier: Shards of an earlier run that are in the file, too, and not of this one.
    """

    path: Path
    facts: Facts
    ledger: Ledger
    names: Sequence[str]
    earlier: frozenset[int] = frozenset()

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
        those, earlier = siblings(found)
        return [
            Shard(path, run.facts, ledger_of(history, run.id), discovered(history, run.id), earlier)
            for run in those
        ]


def origins(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield when shards have begun that are in one file: some may be older than is meant."""
    for path in dict.fromkeys(shard.path for shard in shards):
        those = [f"{each}, begun {began(each)}" for each in shards if each.path == path]
        if len(those) > 1:
            yield f"{path} holds {'; '.join(those)}"


def began(shard: Shard) -> str:
    """Return when a shard has begun."""
    return datetime.fromtimestamp(shard.facts.began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def siblings(found: Sequence[Run]) -> tuple[list[Run], frozenset[int]]:
    """Return the runs of the last shards in a file, and which shards are of an earlier run alone.

    Where a shard is there again, another run of all shards has begun: what was before it is not of
    the same run, though it has the same marks.
    """
    last = marks(found[-1].facts)
    those: dict[int, Run] = {}
    numbers = set()
    for run in found:
        if run.facts.shard is not None and marks(run.facts) == last:
            number = run.facts.shard[0]
            those = {number: run} if number in those else {**those, number: run}
            numbers.add(number)
    return list(those.values()), frozenset(numbers - those.keys())


def marks(facts: Facts) -> tuple[object, ...]:
    """Return what the shards of one run have in common."""
    shards = facts.shard and facts.shard[1]
    return shards, facts.revision, facts.dirty, facts.seed, facts.digest
