"""A run from its options to its exit code."""

from __future__ import annotations

import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, Processes, work

if TYPE_CHECKING:
    from harness.runner.coordinator import Coordinator


class Exit(IntEnum):
    """Exit codes of a run."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3  # a test was discovered of which nothing is known
    OVER_BUDGET = 4  # the run took longer than it may
    NOTHING_RAN = 5
    INTERRUPTED = 130


def run(options: Options, *, verbose: bool = False, junit: str | None = None) -> Exit:
    """Run tests, print what happens, and return what to exit with.

    Args:
        options: Which tests, and how.
        verbose: Whether each test gets a line.
        junit: File to write JUnit XML into; None for none.
    """
    interrupted = False
    link = None
    try:
        workers = Processes(options.workers)
        workers.start()  # first: meanwhile, what the coordinator needs is imported
        from harness.runner.console import Console
        from harness.runner.coordinator import Coordinator

        console = Console(verbose=verbose)
        coordinator = Coordinator(options, workers, console)
        coordinator.run()
    except BecomeWorkerError as become:
        link = become.link
    except KeyboardInterrupt:
        interrupted = True
    if link is not None:
        work(link, options)
        sys.exit()
    console.summary(coordinator.ledger, coordinator.problem)
    if junit is not None:
        from harness.report.junit import write

        write(Path(junit), coordinator.ledger, options.seed)
    return Exit.INTERRUPTED if interrupted else judge(coordinator)


def judge(coordinator: Coordinator) -> Exit:
    """Return what a run comes to."""
    ledger = coordinator.ledger
    if ledger.red:
        return Exit.FAILED
    if coordinator.late and ledger.missing():
        return Exit.OVER_BUDGET
    if coordinator.problem or ledger.missing():
        return Exit.INCOMPLETE
    return Exit.PASSED if ledger.entries else Exit.NOTHING_RAN
