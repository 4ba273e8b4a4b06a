"""Which part of a suite is which shard's: the same answer in every shard."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ConfigurationError
from harness.runner.plan import Work
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.job import Job
from harness.runner.schedule.lpt import assigned
from harness.runner.schedule.splitting import split

SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Shares:
    """What each shard runs.

    Attributes:
        works: For each shard, in the order in which the tests were discovered.
        digest: What is the same in two shards that share the suite out in the same way.
        jobs: All units, if it is known how long they take.
    """

    works: tuple[tuple[Work, ...], ...]
    digest: str
    jobs: tuple[Job, ...] = ()

    def tests(self, shard: int) -> set[str]:
        """Return the names of the tests of a shard, from 1."""
        return {name for work in self.works[shard - 1] for name in work.tests}


def shard_of(text: str) -> tuple[int, int]:
    """Return which shard is meant, of how many.

    Raises:
        ConfigurationError: There is no such shard.

    Example:
        >>> shard_of("2/8")
        (2, 8)
    """
    found = SHARD.fullmatch(text.strip())
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if 1 <= number <= count:
        return number, count
    raise ConfigurationError(
        f"--shard {text}: there is no such shard",
        cause=f"the shards of {count} are 1/{count} to {count}/{count}" if count else None,
        hint="write K/N with 1 <= K <= N, as in --shard 1/4",
    )


def shared_out(estimates: Estimates, shards: int, *, measured: bool) -> Shares:
    """Share a suite out to shards.

    Args:
        estimates: How long its units are going to take.
        shards: How many shards there are.
        measured: Whether that was measured; if not, a unit's name says whose it is.
    """
    jobs = estimates.jobs()
    places = {name: number for number, name in enumerate(n for job in jobs for n in job.work.tests)}
    shares = assigned(split(jobs, shards), shards) if measured else by_name(jobs, shards)
    works = tuple(
        tuple(sorted((job.work for job in share), key=lambda work: places[work.tests[0]]))
        for share in shares
    )
    return Shares(works, digest_of(works), tuple(jobs) if measured else ())


def by_name(jobs: Sequence[Job], shards: int) -> list[list[Job]]:
    """Share jobs out by what they are called, whatever other ones there are."""
    shares: list[list[Job]] = [[] for _ in range(shards)]
    for job in jobs:
        digest = hashlib.blake2b(job.work.unit.encode("utf-8", "surrogatepass"), digest_size=8)
        shares[int.from_bytes(digest.digest(), "big") % shards].append(job)
    return shares


def digest_of(works: Sequence[Sequence[Work]]) -> str:
    """Return what is the same for the same shares."""
    text = "\n\n".join("\n".join(name for work in share for name in work.tests) for share in works)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
