"""A run from its options to its exit code."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from harness.errors import ClusterError, ConfigurationError, HarnessError
from harness.report.follower import Follower
from harness.report.platforms.platform import platform_of
from harness.runner.closing import Closing
from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.flakes.findings import NOTHING, Findings
from harness.runner.kinds import FLAKY
from harness.runner.ledger import Ledger
from harness.runner.listeners import Listeners
from harness.runner.options import Options, Output
from harness.runner.processes import BecomeWorkerError, Processes
from harness.runner.transport import Transport

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.history.recorder import Recorder


class Exit(IntEnum):
    """Exit codes of a run."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3  # of a test nothing is known, or a report that was asked for is not written
    OVER_BUDGET = 4  # it took longer than it may, reached less than it should, or was too flaky
    NOTHING_RAN = 5
    INTERRUPTED = 130


NOTHING_FOUND = "there were no tests to run"


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
    output: Output = Output(),  # noqa: B008 - it never changes
    recorder: Recorder | None = None,
    processes: Processes | None = None,
) -> Exit:
    """Run tests, print what happens, and return what to exit with.

    Args:
        options: Which tests, and how.
        output: What is told, and where.
        recorder: Who writes the run into a history; None for none.
        processes: Where workers come from, if some were started already.
    """
    try:
        return carried_out(options, output, recorder, processes)
    except HarnessError:
        raise
    except Exception:
        print(f"harness: {broken()}", file=sys.stderr)
        return Exit.INCOMPLETE


def carried_out(
    options: Options,
    output: Output,
    recorder: Recorder | None,
    processes: Processes | None,
) -> Exit:
    """Run tests, as `run` does."""
    platform = platform_of(output.platform, os.environ)
    console = Console(verbose=output.verbose, platform=platform)
    known = functools.partial(known_of, options, recorder)
    follower = Follower(console.stream, console.note, repeat=options.repeat, known=known)
    transport = processes or transport_of(options, console)
    keep = transport.keep if isinstance(transport, Processes) else None
    listener = Listeners(console, follower, *([] if recorder is None else [recorder]))
    coordinator = Coordinator(options, transport, listener, keep)
    interrupted = led(coordinator, options, transport, follower)
    coordinator.ledger.close()
    if coordinator.refused:
        console.note(coordinator.problem)
        return Exit.USAGE
    closing = Closing(options, output, platform, console, coordinator)
    closing.close()
    findings = findings_of(coordinator.ledger, options, recorder.path if recorder else None)
    for line in findings.told:
        console.say(line)
    enough = closing.enough and not findings.over
    verdict = judge(coordinator, written=closing.written, enough=enough, findings=findings)
    code = Exit.INTERRUPTED if interrupted else verdict
    if code is Exit.NOTHING_RAN:
        console.note(NOTHING_FOUND)
    if recorder is not None:
        recorder.ended(coordinator.ledger, code)
    return code


def led(
    coordinator: Coordinator, options: Options, transport: Transport, follower: Follower
) -> bool:
    """Have the tests be run, and return whether that was interrupted.

    In a process that becomes a worker meanwhile it does not return.
    """
    # What a platform of CI sends to a job that is called off ends the run in order, as Ctrl-C does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    become = None
    try:
        coordinator.run()
    except BecomeWorkerError as error:
        become = error
    except KeyboardInterrupt:
        coordinator.problem = coordinator.problem or "the run was interrupted"
        return True
    except (ClusterError, ConfigurationError) as error:
        coordinator.problem = str(error)
    except Exception:
        coordinator.problem = broken()
    finally:
        transport.close()
        if become is None:  # in the process that is to become a worker, it is not its own
            follower.close()
    if become is not None:
        signal.signal(signal.SIGTERM, before)
        with contextlib.closing(become.link.channel):
            become.serve(become.link, options)
        sys.exit()
    return False


def broken() -> str:
    """Print the traceback of what must not happen, and return what there is to say of it."""
    sys.excepthook(*sys.exc_info())
    return "an error of harness itself, whose traceback is above, has ended the run"


def findings_of(ledger: Ledger, options: Options, history: Path | None) -> Findings:
    """Return what there is to say of flaky tests, and those in quarantine; mostly nothing."""
    if options.quarantine is None and not ledger.count(FLAKY) and not (history and ledger.red):
        return NOTHING
    from harness.runner.flakes.policy import found_in

    return found_in(ledger, options, history)


def known_of(options: Options, recorder: Recorder | None) -> Mapping[str, float]:
    """Return how long tests took before, as far as there is a history of them."""
    if options.known is not None:
        return options.known.tests
    if recorder is None:
        return {}
    from harness.report.history.past import expected

    return expected(recorder.path)


def transport_of(options: Options, console: Console) -> Transport:
    """Return where workers come from."""
    if options.cluster is None:
        return Processes(options.workers)
    from harness.runner.cluster.remote import Remote

    return Remote(options, options.cluster, console.say)


def judge(
    account: Account,
    *,
    written: bool = True,
    enough: bool = True,
    findings: Findings = NOTHING,
) -> Exit:
    """Return what a run comes to.

    Args:
        account: Of the run, which is over.
        written: Whether all reports are written that were asked for.
        enough: Whether the tests have reached as much as is asked for, and few enough were flaky.
        findings: What there is to say of flaky tests, and those in quarantine.
    """
    ledger = account.ledger
    if ledger.red or findings.wrong:
        return Exit.FAILED
    if account.late and (ledger.missing() or not ledger.found):
        return Exit.OVER_BUDGET
    if (account.problem and not account.late) or ledger.missing() or not written:
        return Exit.INCOMPLETE
    if not (ledger.found or ledger.unreached or findings.lines):
        return Exit.NOTHING_RAN
    return Exit.PASSED if enough else Exit.OVER_BUDGET
