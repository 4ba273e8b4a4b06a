"""How a run is to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.runner.selection import Selection

if TYPE_CHECKING:
    from harness.runner.schedule.known import Known

DEFINED, SHUFFLE, DURATION = ORDERS = ("defined", "shuffle", "duration")


@dataclass(frozen=True)
class Options:
    """How a run is to be.

    Attributes:
        selection: Which tests.
        workers: How many processes run them.
        buffer: Whether what a test prints is shown only if it fails.
        failfast: Whether to stop at the first failure.
        locals: Whether tracebacks show local variables.
        timeout: Seconds that one test may take; None for ever.
        seed: The one number from which all random choices follow.
        order: One of `ORDERS`.
        repeat: How many times all tests are run; None for ever, which `until_fail` ends.
        until_fail: Whether to end with the first failure, as `failfast`, and not to ask for more.
        rerun_failed: How many times a test that fails is run once more.
        time_limit: Seconds that the whole run may take; None for ever.
        shard: Which part of the tests, from 1, and of how many; None for all.
        known: How long tests took; None if that is not known, or does not matter.
        capacity: How many workers may use a kind of service; any number of one that is not named.
        memory: MiB of memory that tests which say how much they need may use at a time; None for
            what the machine has.
    """

    selection: Selection = field(default_factory=Selection)
    workers: int = 1
    buffer: bool = False
    failfast: bool = False
    locals: bool = False
    timeout: float | None = None
    seed: int = 0
    order: str = DEFINED
    repeat: int | None = 1
    until_fail: bool = False
    rerun_failed: int = 0
    time_limit: float | None = None
    shard: tuple[int, int] | None = None
    known: Known | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    memory: float | None = None
