"""What a run does of what was discovered, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from harness.runner.ledger import UnitAccount
from harness.runner.options import DURATION, Options
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.known import Known
from harness.runner.schedule.queue import Schedule
from harness.runner.schedule.resources import Limits
from harness.runner.schedule.shards import Shares, shared_out


def queue_for(units: Sequence[UnitAccount], options: Options, workers: int) -> Schedule:
    """Return a queue that knows how long tests take, and what they share.

    Args:
        units: What is to be run.
        options: How the run is to be.
        workers: How many run it.
    """
    estimates = Estimates(units, options.known or Known())
    by_duration = options.order == DURATION
    divides = by_duration and estimates.measured
    return Schedule(
        estimates,
        limits_of(options),
        by_duration=by_duration,
        workers=workers if divides else 1,
        urgent=options.failed if options.failed_first else frozenset(),
    )


def limits_of(options: Options) -> Limits:
    """Return how much there is of what tests share.

    On a cluster, memory counts only where its limit is set.
    """
    from harness.runner.schedule.memory import available

    memory = available() if options.memory is None and options.cluster is None else options.memory
    return Limits(memory, dict(options.capacity))


def shares_of(units: Sequence[UnitAccount], options: Options) -> Shares:
    """Return what each shard runs.

    Args:
        units: All that was discovered.
        options: How the run is to be, and of how many shards.
    """
    assert options.shard is not None
    estimates = Estimates(units, options.known or Known())
    return shared_out(estimates, options.shard[1], measured=estimates.measured)
