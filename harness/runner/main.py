"""A run from its options to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.flakes.findings import Findings
from harness.runner.kinds import FLAKY
from harness.runner.ledger import Ledger
from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, Processes


class Exit(IntEnum):
    """Exit codes of a run."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3  # a test was discovered of which nothing is known
    OVER_BUDGET = 4  # the run took longer than it may, or more tests were flaky
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
    processes = Processes(options.workers)
    coordinator = Coordinator(options, processes, console, processes.keep)
    interrupted = False
    become = None
    try:
        coordinator.run()
    except BecomeWorkerError as error:
        become = error
    except KeyboardInterrupt:
        interrupted = True
    if become is not None:
        become.serve(become.link, options)
        sys.exit()
    console.summary(coordinator.ledger, coordinator.problem)
    for line in remarks(coordinator, options, verbose=verbose):
        console.say(line)
    findings = findings_of(coordinator.ledger, options)
    for line in findings.told:
        console.say(line)
    if junit is not None:
        from harness.report.junit import write

        write(Path(junit), coordinator.ledger, options.seed)
    return Exit.INTERRUPTED if interrupted else judge(coordinator, findings)


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


def findings_of(ledger: Ledger, options: Options) -> Findings:
    """Return what there is to say of flaky tests, and those in quarantine; mostly nothing."""
    if options.quarantine is None and not ledger.count(FLAKY):
        return Findings()
    from harness.runner.flakes.policy import found_in

    return found_in(ledger, options)


def judge(coordinator: Coordinator, findings: Findings = Findings()) -> Exit:  # noqa: B008 - frozen
    """Return what a run comes to."""
    ledger = coordinator.ledger
    if ledger.red or findings.wrong:
        return Exit.FAILED
    if coordinator.late and ledger.missing():
        return Exit.OVER_BUDGET
    if coordinator.problem or ledger.missing():
        return Exit.INCOMPLETE
    if findings.over:
        return Exit.OVER_BUDGET
    return Exit.PASSED if ledger.found or findings.lines else Exit.NOTHING_RAN
