"""What became of each test in two runs, and where that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import junitparser

from tests.foreign.reference import MISSING, PASSED, SKIPPED, WORST

Outcomes: TypeAlias = dict[str, str]
BY_BADNESS = ("crashed", *WORST[:3], "blocked", MISSING, SKIPPED, PASSED)


def of_reference(path: Path) -> Outcomes:
    """Return what unittest has said of each test."""
    found: Outcomes = json.loads(path.read_text(encoding="utf-8"))
    return found


def of_report(path: Path) -> Outcomes:
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


def differences(expected: Sequence[Outcomes], found: Sequence[Outcomes]) -> Iterator[str]:
    """Yield a line on each test of which no two runs say the same.

    Args:
        expected: What runs of unittest have said.
        found: What our runs have said.
    """
    for name in sorted(set().union(*expected, *found)):
        ones = {run.get(name, "not there") for run in expected}
        others = {run.get(name, "not there") for run in found}
        if ones.isdisjoint(others):
            one, other = " or ".join(sorted(ones)), " or ".join(sorted(others))
            yield f"{name}: {one} under unittest, {other} under harness"
