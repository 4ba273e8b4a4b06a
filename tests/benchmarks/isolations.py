"""A test under each of the other isolations: figures, without a peer."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.cases import CommitInsertTest, CommitSelectTest, ReadonlyTest, server
from tests.benchmarks.measure import Line, in_turns, milliseconds, per_test, show

TESTS = 20
ROUNDS = 7


def main() -> None:
    """Measure and print."""
    cases = {
        "commit, one INSERT": CommitInsertTest,
        "commit, one SELECT": CommitSelectTest,
        "readonly, one SELECT": ReadonlyTest,
    }
    with server():
        medians = in_turns(
            {name: partial(per_test, case, TESTS) for name, case in cases.items()}, ROUNDS
        )
    lines = [Line(name, milliseconds(median)) for name, median in medians.items()]
    show(f"Whole test under other isolations ({ROUNDS} x {TESTS} tests)", lines)
