"""What `HarnessTestCase` adds to a test that touches no service."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.cases import PlainTest, Test, UntouchedTest, server
from tests.benchmarks.measure import Line, in_turns, microseconds, per_test, show

TESTS = 2000
ROUNDS = 9
PLAIN = "unittest.TestCase"


def main() -> None:
    """Measure and print."""
    cases = {
        PLAIN: PlainTest,
        "HarnessTestCase": Test,
        "HarnessTestCase, a service untouched": UntouchedTest,
    }
    with server():
        medians = in_turns(
            {name: partial(per_test, case, TESTS) for name, case in cases.items()}, ROUNDS
        )
    added = {name: f"+ {microseconds(m - medians[PLAIN])}" for name, m in medians.items()}
    lines = [
        Line(name, microseconds(median), "" if name == PLAIN else added[name])
        for name, median in medians.items()
    ]
    show(f"An empty test ({ROUNDS} x {TESTS} tests)", lines)
