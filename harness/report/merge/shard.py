"""What one shard of a run has left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
