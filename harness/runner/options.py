"""How a run is to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.runner.selection import Selection

if TYPE_CHECKING:
    from harness.runner.changes.reach import Reach
    from harness.runner.flakes.quarantine import Quarantine
    from harness.runner.schedule.known import Known

DEFINED, SHUFFLE, DURATION = ORDERS = ("defined", "shuffle", "duration")
RUN, ONLY, SKIP = MODES = ("run", "only", "skip")  # what is done about tests in quarantine


class ClusterOptions(NamedTuple):
    """Which cluster runs the tests.

    Attributes:
        address: Of its scheduler; `local` for one that is started on this machine.
        seconds: For how long it may not answer, or have nobody who can run tests.
        directory: Where the project is on its machines; as on this one if empty.
        most: How many processes run tests; as many as there is room for if None.
    """

    address: str
    seconds: float = 10.0
    directory: str = ""
    most: int | None = None


class Options(NamedTuple):
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
        tiers: Which tiers are run; all of them if empty.
        reach: What a change can reach, of which alone the tests are run; None for all.
        why: Whether to say of each test why the change reaches it.
        artifacts: Directory in which what failed tests have printed is kept; None for nowhere.
        coverage: Directory for what workers measure while they run; None if they do not.
        failed: The tests that have failed when they were last run, where that is asked for.
        failed_first: Whether they are the first to run.
        only_failed: Whether no other ones run; if there are none of them, all do.
        cluster: Which cluster runs the tests; None for this machine's processes.
        shard: Which part of the tests, from 1, and of how many; None for all.
        known: How long tests took; None if that is not known, or does not matter.
        capacity: How many workers may use a kind of service; any number of one that is not named.
        start_ahead: How many services are started before tests need them, at most.
        memory: MiB of memory that tests which say how much they need may use at a time; None for
            what the machine has.
        quarantine: The tests that are set apart; None if there are none.
        flaky: Whether the run fails for flaky tests, `fail`, or only for too many, `pass`.
        flake_budget: How many of all test runs may be flaky, as a share.
    """

    selection: Selection = Selection()
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
    tiers: tuple[str, ...] = ()
    reach: Reach | None = None
    why: bool = False
    artifacts: Path | None = None
    coverage: Path | None = None
    failed: frozenset[str] = frozenset()
    failed_first: bool = False
    only_failed: bool = False
    cluster: ClusterOptions | None = None
    shard: tuple[int, int] | None = None
    known: Known | None = None
    capacity: Mapping[str, int] = {}
    start_ahead: int = 8
    memory: float | None = None
    quarantine: Quarantine | None = None
    flaky: str = "fail"
    flake_budget: float = 0.005


class Output(NamedTuple):
    """What a run tells, and where.

    Attributes:
        verbose: Whether each test gets a line.
        durations: How many of the slowest tests are listed.
        platform: The platform of CI that reads it, as the setting `ci_platform` has it.
        junit: File to write JUnit XML into; None for none.
    """

    verbose: bool = False
    durations: int = 0
    platform: str = "none"
    junit: str | None = None
