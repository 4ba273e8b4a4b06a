"""What one more shard would bring."""

from __future__ import annotations

from collections.abc import Sequence

from harness.runner.schedule.critical import GAIN
from harness.runner.schedule.job import Job
from harness.runner.schedule.lpt import assigned, makespan
from harness.runner.schedule.shards import Shares
from harness.runner.schedule.splitting import split


def one_more(shares: Shares) -> str | None:
    """Return what to print of one more shard; None where nobody knows how long tests take."""
    if not shares.jobs:
        return None
    shards = len(shares.works)
    now, then = length(shares.jobs, shards), length(shares.jobs, shards + 1)
    if then < now * GAIN:
        return f"one more shard: {1 - then / now:.0%} less time"
    longest = max(shares.jobs, key=lambda job: job.least)
    return f"one more shard: no gain: {longest.work.unit} in one piece bounds the run"


def length(jobs: Sequence[Job], shards: int) -> float:
    """Return how long the longest of so many shards takes with one worker, in seconds."""
    return makespan(assigned(split(jobs, shards), shards))
