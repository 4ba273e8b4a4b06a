"""JUnit XML, by junitparser: what CI systems read.

The elements are those that the schema of Jenkins' xUnit plugin knows (junit-10.xsd), which takes
in those of Maven Surefire for tests that were run more than once.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.core.extras import extra
from harness.report.tracebacks import headline
from harness.runner.kinds import FAILED, FLAKY, MISSING, RED, SKIPPED, UNEXPECTED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, UnitAccount

# What XML 1.0 cannot hold, however it is written: https://www.w3.org/TR/xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FAILURES = (FAILED, UNEXPECTED, FLAKY)
SHORTEST = 0.001  # seconds: of a test whose set-up and release took less, they are not told
PRETTY = 5_000  # tests: a file of more is read by nobody, and its lines take time and memory


def library() -> Any:
    """Return junitparser.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("report", "junitparser"):
        import junitparser.xunit2
    return junitparser


@dataclass(frozen=True)
class About:
    """What a report tells beside what became of each test.

    Attributes:
        properties: Of the run.
        file_of: Returns the source of a unit, below the root of the repository; None if unknown.
        path_of: Returns the path of a file that is kept, as the reader of the report knows it.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    file_of: Callable[[str], str | None] = lambda unit: None
    path_of: Callable[[str], str] = str


def write(path: Path, ledger: Ledger, about: About) -> None:
    """Write the account of a run.

    Args:
        path: The file; directories that are missing are made.
        ledger: The account.
        about: What else is told.

    Raises:
        OSError: It cannot be written.
        MissingExtraError: junitparser is not installed.
    """
    junit = library()
    report = junit.xunit2.JUnitXml("harness")
    writer = Writer(junit, ledger, about)
    for unit in ledger.units.values():
        report.append(writer.suite(unit, [ledger.entries[name] for name in unit.tests]))
    report.update_statistics()
    path.parent.mkdir(parents=True, exist_ok=True)
    report.write(str(path), pretty=len(ledger.numbered) < PRETTY)


class Writer:
    """Makes the elements of a report.

    Args:
        junit: The library.
        ledger: The account of the run.
        about: What else is told.
    """

    def __init__(self, junit: Any, ledger: Ledger, about: About) -> None:
        self._junit = junit
        self._xunit = junit.xunit2
        self._about = about
        self._ledger = ledger
        self._host = socket.gethostname()
        self._broken: dict[str, list[Outcome]] = {}
        for unit, outcome in ledger.broken():
            self._broken.setdefault(unit, []).append(outcome)

    def suite(self, unit: UnitAccount, entries: Sequence[Entry]) -> Any:
        """Return what is written of a unit."""
        suite = self._xunit.TestSuite(printable(unit.key))
        suite.hostname, suite.timestamp = self._host, began(entries)
        suite.file = (file := self._about.file_of(unit.key)) and printable(file)
        for name, value in self._properties(unit, entries):
            suite.add_property(printable(name), printable(value))
        suite.extend(self._fixture(unit.key, outcome) for outcome in self._broken.get(unit.key, ()))
        suite.extend(self._case(entry) for entry in entries)
        return suite

    def _properties(self, unit: UnitAccount, entries: Iterable[Entry]) -> Iterable[tuple[str, str]]:
        """Yield those of the run, and times: the schema has no place for them with a test."""
        yield from self._about.properties.items()
        if unit.fixtures:
            yield "fixtures", f"{max(unit.fixtures):.3f}"
        for entry in entries:
            times = next((each.times for each in reversed(entry.attempts) if each.times), None)
            if times and times.setup + times.release >= SHORTEST:
                parts = zip(times._fields, times, strict=True)
                said = ", ".join(f"{part} {seconds:.3f}" for part, seconds in parts)
                yield f"times of {entry.name.rpartition('.')[2]}", said

    def _fixture(self, unit: str, outcome: Outcome) -> Any:
        """Return a case for a fixture that has failed: no test tells of it."""
        case = self._xunit.TestCase(printable(outcome.part), printable(unit), 0.0)
        case.append(self._result(outcome.kind, [Outcome(outcome.kind, outcome.text)]))
        return case

    def _case(self, entry: Entry) -> Any:
        """Return what is written of one test."""
        owner, _, name = entry.name.rpartition(".")
        case = self._xunit.TestCase(printable(name), printable(owner), round(entry.seconds, 3))
        if entry.tier:
            case.group = entry.tier
        for element in self._elements(entry):
            case.append(element)
        return case

    def _elements(self, entry: Entry) -> Iterator[Any]:
        """Yield what stands within a test: how it ended, and how it did before."""
        bad = [attempt for attempt in entry.attempts if attempt.kind in RED]
        if bad and entry.quarantined is not None:
            yield from self._apart(entry, bad)
        elif entry.kind in self._ledger.tolerated:
            yield from (self._interim("Flaky", attempt) for attempt in bad)
        elif bad:
            yield self._result(FLAKY if entry.kind == FLAKY else bad[0].kind, bad[0].outcomes)
            yield from (self._interim("Rerun", attempt) for attempt in bad[1:])
            yield from self._output(bad[0])
        elif not entry.reported:
            yield self._result(MISSING, ())
        elif entry.kind == SKIPPED:
            yield self._junit.Skipped(printable(entry.attempts[-1].outcomes[0].text))

    def _apart(self, entry: Entry, bad: Iterable[Attempt]) -> Iterator[Any]:
        """Yield what tells of a failure in quarantine; called a failure it would count as one."""
        yield self._junit.Skipped(printable(f"in quarantine ({entry.quarantined}): {entry.kind}"))
        texts = [text_of(attempt.outcomes) + attempt.output for attempt in bad]
        yield self._junit.SystemOut(printable("\n".join(texts)))

    def _result(self, kind: str, outcomes: Sequence[Outcome]) -> Any:
        """Return the one element that says how a test, or a fixture, has failed."""
        made = (self._junit.Failure if kind in FAILURES else self._junit.Error)()
        made.message, made.type, made.text = message_of(kind, outcomes), kind, text_of(outcomes)
        return made

    def _interim(self, which: str, attempt: Attempt) -> Any:
        """Return an element on an attempt that was not the last word, as Surefire names it."""
        kind = "Failure" if attempt.kind in FAILURES else "Error"
        made = getattr(self._xunit, f"{which}{kind}")()
        made.message, made.type = message_of(attempt.kind, attempt.outcomes), attempt.kind
        made.stack_trace = text_of(attempt.outcomes)
        for output in self._output(attempt):
            made.append(output)
        return made

    def _output(self, attempt: Attempt) -> Iterator[Any]:
        """Yield what a test has printed, with the files that are kept of it."""
        files = [f"[[ATTACHMENT|{self._about.path_of(file)}]]" for file in attempt.files]
        text = "\n".join(filter(None, (attempt.output.rstrip("\n"), *files)))
        if text:
            yield self._junit.SystemOut(printable(text))


def began(entries: Iterable[Entry]) -> str | None:
    """Return when the first of some tests has begun, as ISO 8601 in UTC; None if none has."""
    times = [each.began for entry in entries for each in entry.attempts if each.began is not None]
    if not times:
        return None
    return datetime.fromtimestamp(min(times), UTC).isoformat(timespec="seconds")


def message_of(kind: str, outcomes: Iterable[Outcome]) -> str:
    """Return a line on the first thing that went wrong."""
    bad = next((outcome for outcome in outcomes if outcome.kind in RED), Outcome(kind))
    part = f"{bad.part}: " if bad.part else ""
    return printable(part + (headline(bad.text) or kind))


def text_of(outcomes: Iterable[Outcome]) -> str:
    """Return all that went wrong: of a test with subtests, each of them that has failed."""
    bad = [outcome for outcome in outcomes if outcome.kind in RED]
    texts = [f"{each.part}\n{each.text}" if each.part else each.text for each in bad]
    return printable("\n".join(texts))


def printable(text: str) -> str:
    r"""Return a text without what XML cannot hold, which is written as in `\x00`.

    Example:
        >>> printable("a\x00b")
        'a\\x00b'
    """
    return FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
