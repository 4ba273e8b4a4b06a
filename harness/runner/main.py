"""A run from its options to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, Processes

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
    become = coordinator = None
    processes = Processes(options.workers)
    try:
        processes.start()  # first: meanwhile, what the coordinator needs is imported
        from harness.runner.console import Console
        from harness.runner.coordinator import Coordinator

        console = Console(verbose=verbose)
        coordinator = Coordinator(options, processes, console, processes.keep)
        coordinator.run()
    except BecomeWorkerError as error:
        become = error
    except KeyboardInterrupt:
        interrupted = True
    if become is not None:
        become.serve(become.link, options)
        sys.exit()
    if coordinator is None:
        return Exit.INTERRUPTED
    console.summary(coordinator.ledger, coordinator.problem)
    for line in remarks(coordinator, options, verbose=verbose):
        console.say(line)
    if junit is not None:
        from harness.report.junit import write

        write(Path(junit), coordinator.ledger, options.seed)
    return Exit.INTERRUPTED if interrupted else judge(coordinator)


def remarks(coordinator: Coordinator, options: Options, *, verbose: bool) -> Iterator[str]:
    """Yield what is to be said of which tests were run, and of how long that took."""
    ledger = coordinator.ledger
    if options.shard is not None:
        part = "/".join(map(str, options.shard))
        yield f"shard {part}: {len(ledger.numbered)} of {ledger.discovered} tests"
    if verbose:
        from harness.runner.schedule.critical import of_run

        path = of_run(coordinator, options)
        yield from path.lines() if path is not None else ()


def judge(coordinator: Coordinator) -> Exit:
    """Return what a run comes to."""
    ledger = coordinator.ledger
    if ledger.red:
        return Exit.FAILED
    if coordinator.late and ledger.missing():
        return Exit.OVER_BUDGET
    if coordinator.problem or ledger.missing():
        return Exit.INCOMPLETE
    return Exit.PASSED if ledger.found else Exit.NOTHING_RAN
