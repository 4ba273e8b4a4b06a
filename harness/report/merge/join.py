"""The run that shards come to together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.report.history.facts import Facts, digest_of
from harness.report.history.reader import ledger_with
from harness.report.merge.check import check
from harness.report.merge.gaps import OVER_BUDGET, gaps, unreported
from harness.report.merge.shard import Shard
from harness.runner.ledger import Entry, Ledger

SPACE = uuid.UUID("0f1d9f0e-6c4b-5c55-8a0e-52f0a3a4a0c7")  # in which joined runs have their numbers


@dataclass(frozen=True)
class Joined:
    """The run that shards come to together.

    Attributes:
        facts: What is known of it.
        ledger: What became of each test.
        problems: Why it is not complete, a line each.
        late: Whether a shard has ended for its time limit, or is over another budget.
        idle: Whether no shard had a test to run, and each was right in that: no change reaches any.
    """

    facts: Facts
    ledger: Ledger
    problems: Sequence[str]
    late: bool
    idle: bool

    @property
    def problem(self) -> str:
        """All of them."""
        return "; ".join(self.problems)


def join(shards: Sequence[Shard]) -> Joined:
    """Return what shards come to together.

    Raises:
        HistoryError: They are not of one run.
    """
    check(shards)
    shards = sorted(shards, key=lambda shard: shard.number)
    names = names_of(shards)
    ledger = joined(shards, names)
    problems = list(gaps(shards))
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
    idle = not names and all(shard.facts.exit_code == 0 for shard in shards)
    return Joined(facts, ledger, [*problems, *unreported(ledger)], over and not problems, idle)


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
            ledger.unit(key).fixtures.extend(unit.fixtures)
    return ledger
