"""JUnit files of other runners, as runs of a history."""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import HistoryError
from harness.report.history.facts import Facts
from harness.report.history.reader import ledger_with
from harness.report.junit import library
from harness.runner.kinds import ERROR, FAILED, PASSED, SKIPPED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, Times

SPACE = uuid.UUID("8a2c6f0e-43a5-5d0f-9b4b-3b0f8b3c5a51")  # in which files have their numbers
SOURCE = "junit"
# What stands within a test that was run several times: of one that has passed at last, and of one
# that never did. Each is a time that it failed.
AGAIN = {"flakyFailure": FAILED, "flakyError": ERROR, "rerunFailure": FAILED, "rerunError": ERROR}
# A subtest of unittest, as unittest-xml-reporting names it: its test, and what it is about
SUBTEST = re.compile(r"(?P<name>test\w*) (?P<part>[\[(].*[\])])")
FINAL = {"Failure": FAILED, "Error": ERROR, "Skipped": SKIPPED}
LONGEST = 1e9  # seconds, of 30 years: what is more is no time that a test took


@dataclass(frozen=True)
class Case:
    """A test in a file.

    Attributes:
        name: Its name: the class's and its own, as unittest has it.
        unit: What it belongs to: its class, or else its suite.
        attempts: Each time that it was run.
    """

    name: str
    unit: str
    attempts: list[Attempt]


def read(path: Path, revision: str | None = None) -> tuple[Facts, Ledger]:
    """Return the run that a JUnit file tells of.

    Args:
        path: The file.
        revision: The commit that was tested, which the file does not tell.

    Raises:
        HistoryError: It cannot be read, or is no JUnit file.
        MissingExtraError: junitparser is not installed.
    """
    data, report = parsed(path)
    ledger = ledger_of(cases(report, path.stem, None))
    facts = Facts(
        uuid=str(uuid.uuid5(SPACE, hashlib.sha256(data).hexdigest())),
        source=source_of(report),
        began=min(moments_of(report), default=path.stat().st_mtime),
        seconds=seconds_of(report),
        revision=revision,
    )
    return facts, ledger


def parsed(path: Path) -> tuple[bytes, Any]:
    """Return what is in a file, which may be a pipe, and what junitparser makes of it.

    Raises:
        HistoryError: It cannot be read, or is no JUnit file.
    """
    library()
    from junitparser import JUnitXmlError, xunit2

    try:
        data = path.read_bytes()
        return data, xunit2.JUnitXml.fromfile(io.BytesIO(data))
    # XML's are SyntaxErrors, and that of an encoding that is not known is a LookupError
    except (OSError, SyntaxError, LookupError, ValueError, JUnitXmlError) as error:
        raise HistoryError(
            f"{path} is no JUnit file that can be read: {error}",
            hint="name files that a test runner has written to the end",
        ) from error


def cases(suite: Any, name: str, began: float | None) -> Iterator[Case]:
    """Yield the tests of a suite, or of a whole file, and of suites in it.

    Args:
        suite: Where they are; some runners write tests outside of any suite.
        name: What to call a suite without a name.
        began: When what they are in has begun, where that is known.
    """
    from junitparser import xunit2

    for case in suite.iterchildren(xunit2.TestCase):
        yield case_of(case, name, began)
    for inner in suite.iterchildren(xunit2.TestSuite):
        yield from cases(inner, inner.name or name, moment_of(inner.timestamp) or began)


def case_of(case: Any, suite: str, began: float | None) -> Case:
    """Return a test as the file has it."""
    unit = case.classname or suite
    part = SUBTEST.fullmatch(case.name or "")
    own = part["name"] if part else case.name
    attempts = list(attempts_of(case, began, part["part"] if part else ""))
    return Case(f"{unit}.{own}" if own else unit, unit, attempts)


def attempts_of(case: Any, began: float | None, part: str = "") -> Iterator[Attempt]:
    """Yield each time that a test was run, as surefire and its like note them within it.

    Of one that never passed the first failure stands alone, and `rerun...` are the later ones; of
    one that has passed at last `flaky...` are those before.
    """
    again = [(each._tag, said(each, AGAIN[each._tag])) for each in case.interim_result]
    final = [said(each, FINAL[type(each).__name__], part) for each in case.result]
    final = final or [Outcome(PASSED, part=part)]
    before = [outcome for tag, outcome in again if tag.startswith("flaky")]
    after = [outcome for tag, outcome in again if tag.startswith("rerun")]
    times = None if (seconds := number_of(case, "time")) is None else Times(body=seconds)
    turns = [[each] for each in before] + [final] + [[each] for each in after]
    for turn, outcomes in enumerate(turns):
        known = times if outcomes is final else None
        yield Attempt(rerun=turn, began=began, times=known, outcomes=outcomes)


def said(result: Any, kind: str, part: str = "") -> Outcome:
    """Return what a file says of a test: the whole text, or else the message."""
    trace = getattr(result, "stack_trace", None)  # where surefire has it, of what was run again
    return Outcome(kind, (trace or result.text or "").strip() or result.message or "", part)


def ledger_of(found: Iterable[Case]) -> Ledger:
    """Return the account of a file's tests.

    A test that stands there twice was run twice: so gotestsum writes what it runs once more. Not so
    the subtests of one.
    """
    entries: dict[str, Entry] = {}
    for case in found:
        entry = entries.setdefault(case.name, Entry(case.name, case.unit))
        for attempt in case.attempts:
            if is_part(attempt) and entry.attempts and is_part(entry.attempts[-1]):
                entry.attempts[-1].outcomes += attempt.outcomes
                continue
            attempt.rerun = len(entry.attempts)
            entry.attempts.append(attempt)
        entry.due = len(entry.attempts)
    return ledger_with(entries.values())


def is_part(attempt: Attempt) -> bool:
    """Tell whether only a part of a test is told."""
    return bool(attempt.outcomes[0].part)


def source_of(report: Any) -> str:
    """Return what has written a file, where it tells that by a name of its own."""
    names = {suite.name for suite in report} | {report.name}
    return "pytest" if "pytest" in names else SOURCE


def moments_of(element: Any) -> Iterator[float]:
    """Yield when a file, and what is in it, has begun, as far as it tells."""
    moment = moment_of(element._elem.get("timestamp"))
    if moment is not None:
        yield moment
    for part in parts_of(element):
        yield from moments_of(part)


def seconds_of(element: Any) -> float:
    """Return how long all took: what the file says, or else the sum of what is in it."""
    whole = number_of(element, "time")
    return sum(map(seconds_of, parts_of(element)), 0.0) if whole is None else whole


def parts_of(element: Any) -> list[Any]:
    """Return the suites and the tests that are directly in a file, or in a suite."""
    from junitparser import xunit2

    kinds = (xunit2.TestSuite, xunit2.TestCase)
    return [part for kind in kinds for part in element.iterchildren(kind)]


def number_of(element: Any, name: str) -> float | None:
    """Return a number of seconds; None if there is none that can be.

    It is read here: junitparser would count what is missing, and fail for what is no number.
    """
    text = element._elem.get(name)
    try:
        number = float(text.replace(",", ""))
    except (AttributeError, ValueError):
        return None
    return number if 0 <= number < LONGEST else None


def moment_of(text: str | None) -> float | None:
    """Return a moment in seconds since 1970; without a zone it is taken as universal time.

    What is before that year is none: so runners write what they do not know.

    Example:
        >>> moment_of("2026-01-02T03:04:05"), moment_of("2026-01-02T04:04:05+01:00")
        (1767323045.0, 1767323045.0)
        >>> moment_of("yesterday")
    """
    try:
        moment = datetime.fromisoformat(text or "")
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() if moment.year >= 1970 else None
