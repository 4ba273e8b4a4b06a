"""What it costs to import the harness, against unittest: whole processes."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.measure import (
    Line,
    bytecode,
    in_turns,
    milliseconds,
    per_call,
    python,
    show,
    times,
)

ROUNDS = 15
NOTHING = "pass"
PEER = "import unittest"
OURS = "from harness import HarnessTestCase, Postgres"
LABELS = {OURS: "from harness import HarnessTestCase, ..."}
AIMS = {OURS: "aim <= x 2.5"}


def main() -> None:
    """Measure and print."""
    with bytecode() as environment:
        actions = {
            code: partial(per_call, partial(python, "-c", code, **environment), 1)
            for code in (NOTHING, PEER, OURS)
        }
        medians = in_turns(actions, ROUNDS)
    show(
        f"Import, as a whole process ({ROUNDS} of each)",
        [
            Line(
                LABELS.get(code, code),
                milliseconds(median),
                times(median, medians[PEER]),
                AIMS.get(code, ""),
            )
            for code, median in medians.items()
        ],
    )
