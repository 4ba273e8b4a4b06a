"""A run from its options to its exit code."""

from __future__ import annotations

import os
import sys
from enum import IntEnum

from harness.report.follower import Follower
from harness.report.platforms.platform import platform_of
from harness.runner.closing import Closing
from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.flakes.findings import Findings
from harness.runner.kinds import FLAKY
from harness.runner.ledger import Ledger
from harness.runner.listeners import Listeners
from harness.runner.options import Options, Output
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


def run(options: Options, output: Output = Output()) -> Exit:  # noqa: B008 - it never changes
    """Run tests, print what happens, and return what to exit with.

    Args:
        options: Which tests, and how.
        output: What is told, and where.
    """
    platform = platform_of(output.platform, os.environ)
    console = Console(verbose=output.verbose, platform=platform)
    follower = Follower(console.stream, console.note, repeat=options.repeat)
    processes = Processes(options.workers)
    coordinator = Coordinator(options, processes, Listeners(console, follower), processes.keep)
    interrupted = False
    become = None
    try:
        coordinator.run()
    except BecomeWorkerError as error:
        become = error
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if become is None:  # in the process that is to become a worker, it is not its own
            follower.close()
    if become is not None:
        become.serve(become.link, options)
        sys.exit()
    written = Closing(options, output, platform, console, coordinator).close()
    findings = findings_of(coordinator.ledger, options)
    for line in findings.told:
        console.say(line)
    return Exit.INTERRUPTED if interrupted else judge(coordinator, findings, written)


def findings_of(ledger: Ledger, options: Options) -> Findings:
    """Return what there is to say of flaky tests, and those in quarantine; mostly nothing."""
    if options.quarantine is None and not ledger.count(FLAKY):
        return Findings()
    from harness.runner.flakes.policy import found_in

    return found_in(ledger, options)


def judge(coordinator: Coordinator, findings: Findings, written: bool = True) -> Exit:
    """Return what a run comes to.

    Args:
        coordinator: Of the run, which is over.
        findings: What there is to say of flaky tests, and those in quarantine.
        written: Whether all reports are written that were asked for.
    """
    ledger = coordinator.ledger
    if ledger.red or findings.wrong:
        return Exit.FAILED
    if coordinator.late and ledger.missing():
        return Exit.OVER_BUDGET
    if coordinator.problem or ledger.missing() or not written:
        return Exit.INCOMPLETE
    if findings.over:
        return Exit.OVER_BUDGET
    return Exit.PASSED if ledger.found or findings.lines else Exit.NOTHING_RAN
