"""What a run comes to, in short: for its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from harness.runner.kinds import BLOCKED, CRASHED, EXPECTED, FLAKY, MISSING, PASSED, SKIPPED
from harness.runner.ledger import Entry, Ledger, Outcome
from harness.runner.selection import Selection

MOST = 100  # tests that are named
FEW = 10  # tests that are named of which nothing is known but that they have not run
TOGETHER = 5  # tests that one command repeats
FAILED_IMPORT = "unittest.loader._FailedTest."  # begins the name of what stands for such a module


def counted(number: int, what: str) -> str:
    """Return a number of things.

    Example:
        >>> counted(1, "run"), counted(2, "run")
        ('1 run', '2 runs')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def tally(ledger: Ledger) -> str:
    """Return how many tests have come to what, each counted once, and how many fixtures failed."""
    found, bad = ledger.counts(), ledger.bad
    counts = {
        "passed": found[PASSED],
        "failed": sum(found[kind] for kind in bad),
        "skipped": found[SKIPPED],
        "expected to fail": found[EXPECTED],
        "flaky": 0 if FLAKY in bad else found[FLAKY],
        "not run": found[MISSING],
    }
    usual = ("passed", "failed", "skipped")
    parts = [f"{n} {what}" for what, n in counts.items() if n or what in usual]
    fixtures = len({(unit, outcome.part) for unit, outcome in gating(ledger)})
    if fixtures:
        parts.append(f"{counted(fixtures, 'fixture')} failed")
    how = [f"{found[kind]} {kind}" for kind in (CRASHED, FLAKY) if kind in bad and found[kind]]
    return ", ".join(parts) + (f" (of the failed: {', '.join(how)})" if how else "")


def gating(ledger: Ledger) -> list[tuple[str, Outcome]]:
    """Return what was said of fixtures that have made the run fail, and by which unit."""
    return [(unit, outcome) for unit, outcome in ledger.broken() if ledger.gates(unit)]


def names_again(ledger: Ledger) -> list[str]:
    """Return a line for each fixture and test that has failed, and one for those that are too many.

    Tests that a fixture has blocked are counted with it.
    """
    fixtures = dict.fromkeys((outcome.part, outcome.kind) for _, outcome in gating(ledger))
    parts = {part for part, _ in fixtures}
    blocked: Counter[str] = Counter()
    tests = []
    for entry in ledger.failed():
        blocker = blocker_of(entry)
        if blocker in parts:
            blocked[blocker] += 1
        else:
            tests.append(f"{entry.kind}: {entry.name}")
    lines = [f"{kind}: {part}{blocking(blocked[part])}" for part, kind in fixtures] + tests
    return [*lines[:MOST], *more(len(lines) - MOST, "")]


def blocker_of(entry: Entry) -> str:
    """Return what has blocked a test; empty if it has come to something else."""
    if entry.kind != BLOCKED:
        return ""
    said = (outcome for attempt in entry.attempts for outcome in attempt.outcomes)
    return next(outcome.text for outcome in said if outcome.kind == BLOCKED)


def blocking(tests: int) -> str:
    """Return how many tests a fixture has blocked, where it has blocked any."""
    return f", blocks {counted(tests, 'test')}" if tests else ""


def more(count: int, what: str) -> list[str]:
    """Return a line for those that are too many to be named; nothing if there are none."""
    return [f"and {count} more{what}"] if count > 0 else []


def names_missing(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each test that has not ended, and for some that have not begun."""
    begun = [entry for entry in entries if not all(each.reported for each in entry.attempts)]
    others = [entry for entry in entries if all(each.reported for each in entry.attempts)]
    return [
        *(f"not finished: {entry.name}" for entry in begun[:MOST]),
        *more(len(begun) - MOST, " not finished"),
        *(f"not run: {entry.name}" for entry in others[:FEW]),
        *more(len(others) - FEW, " not run"),
    ]


def why_skipped(ledger: Ledger) -> list[str]:
    """Return how many tests were skipped for which reason; nothing if none was."""
    if not any(sort.kind == SKIPPED for sort in ledger.census()):
        return []
    skipped = [entry.attempts[-1] for entry in ledger.numbered if entry.kind == SKIPPED]
    from harness.core.skips import summary

    said = ([each for each in attempt.outcomes if each.kind == SKIPPED] for attempt in skipped)
    return summary(outcomes[0].text for outcomes in said if outcomes)


def repeat_command(ledger: Ledger, selection: Selection, seed: int) -> str:
    """Return the command that runs again what has failed.

    It is empty where nothing has, or too many tests have, or one that no command line can name.

    Args:
        ledger: The account of the run.
        selection: How its tests were found.
        seed: Of the run.
    """
    entries = ledger.failed()
    if not 0 < len(entries) <= TOGETHER or not all(map(has_name, entries)):
        return ""
    import shlex

    names = list(dict.fromkeys(name_of(entry, ledger.entries) for entry in entries))
    return shlex.join(["harness", "run", "--seed", str(seed), *chosen(names, selection)])


def has_name(entry: Entry) -> bool:
    """Tell whether a test, or what stands for a module, can be named on the command line.

    A class that a function has made cannot, nor what is no method: a doctest, a function.
    """
    if entry.name.startswith(FAILED_IMPORT):
        return True
    return entry.name.startswith(f"{entry.unit}.") and "<locals>" not in entry.name


def name_of(entry: Entry, known: Collection[str]) -> str:
    """Return what a test, or a module that cannot be imported, is called on the command line.

    Args:
        entry: The test.
        known: The names of all tests: where one is there twice, they differ by what is added.
    """
    first, _, number = entry.name.rpartition("#")
    name = first if number.isdecimal() and first in known else entry.name
    return name.removeprefix(FAILED_IMPORT)


def chosen(names: Sequence[str], selection: Selection) -> list[str]:
    """Return what chooses some tests on the command line.

    A test that was discovered below another directory cannot be named from this one.
    """
    given = {"-s": selection.start, "-p": selection.pattern, "-t": selection.top}
    usual = {"-s": ".", "-p": "test*.py", "-t": None}
    pairs = [(flag, value) for flag, value in given.items() if value != usual[flag]]
    words = [word for pair in pairs for word in pair if word is not None]
    if selection.names or (selection.start, selection.top) == (".", None):
        return [*words, *names] if selection.names else [*names]
    import glob

    return [*words, *(word for name in names for word in ("-k", f"*{glob.escape(name)}"))]
