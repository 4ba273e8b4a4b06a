"""What became of each test in two runs, and where that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import junitparser

from tests.foreign.reference import MISSING, PASSED, SKIPPED, WORST
from tests.foreign.suites import Suite

BY_BADNESS = ("crashed", *WORST[:3], "blocked", MISSING, SKIPPED, PASSED)


def of_reference(path: Path) -> dict[str, str]:
    """Return what unittest has said of each test."""
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def of_report(path: Path) -> dict[str, str]:
    """Return what a JUnit report says of each test: the worst."""
    found = {}
    for suite in junitparser.JUnitXml.fromfile(str(path)):
        for case in suite:
            kinds = [kind_of(result) for result in case.result]
            worst = next((kind for kind in BY_BADNESS if kind in kinds), PASSED)
            found[".".join(filter(None, [case.classname, case.name]))] = worst
    return found


def kind_of(result: junitparser.Result) -> str:
    """Return the word for a result."""
    if isinstance(result, junitparser.Skipped):
        return SKIPPED
    return result.type or MISSING


def differences(expected: dict[str, str], found: dict[str, str], suite: Suite) -> Iterator[str]:
    """Yield a line on each test of which the runs do not say the same."""
    for name in {**expected, **found}:
        one, other = expected.get(name, "not there"), found.get(name, "not there")
        if one != other and not any(part in name for part, _ in suite.unsteady):
            yield f"{name}: {one} under unittest, {other} under harness"
