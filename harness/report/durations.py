"""What took longest in a run."""

from __future__ import annotations

from heapq import nlargest

from harness.runner.ledger import Entry, Ledger, Times

SHORTEST = 0.001  # seconds: what took less is not listed
NOTHING = Times()


def durations(ledger: Ledger, count: int) -> list[tuple[str, list[str]]]:
    """Return what took longest: lists of lines, each with its title.

    Args:
        ledger: The account of the run.
        count: How many tests are listed, and how many fixtures.
    """
    found = {
        "slowest tests, with their set-up, body and release:": slowest_tests(ledger, count),
        "slowest fixtures of classes and modules:": slowest_fixtures(ledger, count),
    }
    return [(title, lines) for title, lines in found.items() if lines]


def slowest_tests(ledger: Ledger, count: int) -> list[str]:
    """Return a line for each of the tests that took longest."""
    found = ((times_of(entry), entry.name) for entry in ledger.numbered)
    slow = nlargest(count, found, key=lambda each: sum(each[0]))
    return [test_line(times, name) for times, name in slow if sum(times) >= SHORTEST]


def slowest_fixtures(ledger: Ledger, count: int) -> list[str]:
    """Return a line for each of the fixtures that took longest."""
    found = ((max(unit.fixtures, default=0.0), unit.key) for unit in ledger.units.values())
    slow = nlargest(count, found)
    return [f"{seconds:8.3f} s  {key}" for seconds, key in slow if seconds >= SHORTEST]


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
