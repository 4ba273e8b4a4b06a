"""Whether shards are of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.errors import HistoryError
from harness.report.history.facts import Facts
from harness.report.merge.shard import Shard


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
