"""What is missing or askew where shards are joined: why the joined run is not complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.report.merge.shard import Shard
from harness.runner.ledger import Ledger

SHOWN = 5  # names in a line
OVER_BUDGET = 4
# What a shard may have ended with that is told by its tests, or is nothing to be told: 5 is a shard
# without a test.
COMPLETE = (0, 1, 5, OVER_BUDGET)


def gaps(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield why shards do not make up a run: a line for each reason."""
    yield from absent(shards)
    yield from unlike(shards)
    yield from askew(shards)
    yield from twice(shards)


def absent(shards: Sequence[Shard]) -> Iterator[str]:
    """Yield what is to be said of shards that are not there, or have not come to their end."""
    there = {shard.number for shard in shards}
    earlier = {number: shard.path for shard in shards for number in shard.earlier}
    for number in range(1, shards[0].of + 1):
        if number not in there:
            where = f": in {earlier[number]} it is of an earlier run" if number in earlier else ""
            yield f"shard {number}/{shards[0].of} is missing{where}"
    for shard in shards:
        if not shard.facts.ended:
            yield f"{shard} has not ended: it was killed, or is still running"
        elif shard.facts.exit_code not in COMPLETE:
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
    found: dict[str, tuple[str, ...]] = {}
    for shard in shards:
        for name in shard.ledger.entries:
            found[name] = (*found.get(name, ()), str(shard))
    together: dict[tuple[str, ...], list[str]] = {}
    for name, those in found.items():
        together.setdefault(those, []).append(name)
    for those, names in together.items():
        if len(those) > 1:
            were = "was" if len(names) == 1 else "were"
            yield f"{listed(names)} {were} run by {' and '.join(those)}"


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
