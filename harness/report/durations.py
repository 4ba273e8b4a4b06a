"""What took longest in a run."""

from __future__ import annotations

from heapq import nlargest

from harness.runner.ledger import Entry, Ledger, Times

SHORTEST = 0.001  # seconds: what took less is not listed
NOTHING = Times()


def durations(ledger: Ledger, count: int) -> list[str]:
    """Return lines on what took longest.

    Args:
        ledger: The account of the run.
        count: How many tests are listed, and how many fixtures.
    """
    return [*slowest_tests(ledger, count), *slowest_fixtures(ledger, count)]


def slowest_tests(ledger: Ledger, count: int) -> list[str]:
    """Return lines on the tests that took longest."""
    found = ((times_of(entry), entry.name) for entry in ledger.numbered)
    slow = nlargest(count, found, key=lambda each: sum(each[0]))
    lines = [test_line(times, name) for times, name in slow if sum(times) >= SHORTEST]
    return ["slowest tests, and their set-up, body and release:", *lines] if lines else []


def slowest_fixtures(ledger: Ledger, count: int) -> list[str]:
    """Return lines on the fixtures of classes and modules that took longest."""
    found = ((max(unit.fixtures, default=0.0), unit.key) for unit in ledger.units.values())
    slow = nlargest(count, found)
    lines = [f"{seconds:8.3f} s  {key}" for seconds, key in slow if seconds >= SHORTEST]
    return ["slowest fixtures of classes and modules:", *lines] if lines else []


def times_of(entry: Entry) -> Times:
    """Return how long the longest attempt at a test took."""
    return max((each.times or NOTHING for each in entry.attempts), key=sum, default=NOTHING)


def test_line(times: Times, name: str) -> str:
    """Return a line on a test.

    Example:
        >>> test_line(Times(0.25, 1, 0.5), "tests.test_a.ATest.test_b")
        '   1.750 s = 0.250 + 1.000 + 0.500  tests.test_a.ATest.test_b'
    """
    parts = " + ".join(f"{part:.3f}" for part in times)
    return f"{sum(times):8.3f} s = {parts}  {name}"
