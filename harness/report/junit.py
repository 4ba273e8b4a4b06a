"""JUnit XML, by junitparser: what CI systems read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from harness.core.extras import extra
from harness.runner.kinds import BLOCKED, CRASHED, ERROR, FAILED, MISSING, SKIPPED, UNEXPECTED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome

# What XML 1.0 cannot hold, however it is written: https://www.w3.org/TR/xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FAILURES = (FAILED, UNEXPECTED)
ERRORS = (ERROR, CRASHED, BLOCKED)


def library() -> Any:
    """Return junitparser.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("report", "junitparser"):
        import junitparser
    return junitparser


def write(path: Path, ledger: Ledger, seed: int) -> None:
    """Write the account of a run.

    Args:
        path: The file.
        ledger: The account.
        seed: Of the run, which becomes a property.

    Raises:
        OSError: It cannot be written.
        MissingExtraError: junitparser is not installed.
    """
    junit = library()
    report = junit.JUnitXml("harness")
    for unit, entries in itertools.groupby(ledger.numbered, lambda entry: entry.unit):
        suite = junit.TestSuite(unit)
        suite.add_property("seed", str(seed))
        suite.add_testcases(case_of(junit, entry) for entry in entries)
        report.add_testsuite(suite)
    report.update_statistics()
    report.write(str(path), pretty=True)


def case_of(junit: Any, entry: Entry) -> Any:
    """Return what is written of one test."""
    owner, _, name = entry.name.rpartition(".")
    attempt = entry.attempts[-1] if entry.attempts else Attempt()
    case = junit.TestCase(name, owner, attempt.seconds)
    case.result = [found for each in attempt.outcomes if (found := result_of(junit, each))]
    if not attempt.reported:
        case.result = [junit.Error(MISSING)]
    if attempt.output:
        case.system_out = printable(attempt.output)
    return case


def result_of(junit: Any, outcome: Outcome) -> Any:
    """Return what is written of one thing that was said of a test; None if it is all well."""
    if outcome.kind == SKIPPED:
        return junit.Skipped(printable(outcome.text))
    if outcome.kind not in (*FAILURES, *ERRORS):
        return None
    made = (junit.Failure if outcome.kind in FAILURES else junit.Error)(message_of(outcome))
    made.type = outcome.kind
    made.text = printable(outcome.text)
    return made


def message_of(outcome: Outcome) -> str:
    """Return one line on an outcome: the last one of a traceback that is not a note of ours."""
    lines = [line for line in outcome.text.splitlines() if line and not line.startswith("harness:")]
    part = f"{outcome.part}: " if outcome.part else ""
    return printable(part + (lines[-1] if lines else outcome.kind))


def printable(text: str) -> str:
    r"""Return a text without what XML cannot hold, which is written as in `\x00`.

    Example:
        >>> printable("a\x00b")
        'a\\x00b'
    """
    return FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
