"""A run from its options to its exit code."""

from __future__ import annotations

import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.ledger import Ledger
from harness.runner.listeners import Listeners
from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, Processes, work

if TYPE_CHECKING:
    from harness.report.history.recorder import Recorder


class Exit(IntEnum):
    """Exit codes of a run."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3  # a test was discovered of which nothing is known
    OVER_BUDGET = 4  # the run took longer than it may
    NOTHING_RAN = 5
    INTERRUPTED = 130


class Account(Protocol):
    """What a run has come to.

    Attributes:
        ledger: What became of each test.
        problem: Why it could not be carried out as it should; empty if it could.
        late: Whether it was ended for its time limit.
    """

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102
    @property
    def problem(self) -> str: ...  # noqa: D102
    @property
    def late(self) -> bool: ...  # noqa: D102


def run(
    options: Options,
    *,
    verbose: bool = False,
    junit: str | None = None,
    recorder: Recorder | None = None,
) -> Exit:
    """Run tests, print what happens, and return what to exit with.

    Args:
        options: Which tests, and how.
        verbose: Whether each test gets a line.
        junit: File to write JUnit XML into; None for none.
        recorder: Who writes the run into a history; None for none.
    """
    console = Console(verbose=verbose)
    listener = console if recorder is None else Listeners(console, recorder)
    coordinator = Coordinator(options, Processes(options.workers), listener)
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
    code = Exit.INTERRUPTED if interrupted else judge(coordinator)
    if recorder is not None:
        recorder.ended(coordinator.ledger, code)
    return code


def judge(account: Account) -> Exit:
    """Return what a run comes to."""
    ledger = account.ledger
    if ledger.red:
        return Exit.FAILED
    if account.late and ledger.missing():
        return Exit.OVER_BUDGET
    if account.problem or ledger.missing():
        return Exit.INCOMPLETE
    return Exit.PASSED if ledger.due() else Exit.NOTHING_RAN
