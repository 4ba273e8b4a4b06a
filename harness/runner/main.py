"""A run from its options to its exit code."""

from __future__ import annotations

import sys
from enum import IntEnum
from pathlib import Path

from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.ledger import Ledger
from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, fork, work


class Exit(IntEnum):
    """Exit codes of a run."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3  # a test was discovered of which nothing is known
    NOTHING_RAN = 5
    INTERRUPTED = 130


def run(options: Options, *, verbose: bool = False, junit: str | None = None) -> Exit:
    """Run tests, print what happens, and return what to exit with.

    Args:
        options: Which tests, and how.
        verbose: Whether each test gets a line.
        junit: File to write JUnit XML into; None for none.
    """
    console = Console(verbose=verbose)
    coordinator = Coordinator(options, fork, console)
    interrupted = False
    link = None
    try:
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
    return Exit.INTERRUPTED if interrupted else judge(coordinator.ledger, coordinator.problem)


def judge(ledger: Ledger, problem: str) -> Exit:
    """Return what a run comes to.

    Args:
        ledger: What became of each test.
        problem: Why it could not be carried out as it should.
    """
    if ledger.red:
        return Exit.FAILED
    if problem or ledger.missing():
        return Exit.INCOMPLETE
    return Exit.PASSED if ledger.entries else Exit.NOTHING_RAN
