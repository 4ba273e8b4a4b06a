"""What a run comes to, in short: for its end."""

from __future__ import annotations

from collections.abc import Sequence

from harness.runner.kinds import CRASHED, EXPECTED, FLAKY, MISSING, PASSED, SKIPPED
from harness.runner.ledger import Entry, Ledger
from harness.runner.selection import Selection

MOST = 100  # tests that are named
TOGETHER = 5  # tests that one command repeats
FAILED_IMPORT = "unittest.loader._FailedTest"  # the class of what stands for such a module


def tally(ledger: Ledger) -> str:
    """Return how many tests have come to what."""
    found = ledger.counts()
    counts = {
        "passed": found[PASSED],
        "failed": sum(found[kind] for kind in ledger.bad),
        "skipped": found[SKIPPED],
        "expected to fail": found[EXPECTED],
        "crashed": found[CRASHED],
        "flaky": found[FLAKY],
        "not run": found[MISSING],
    }
    usual = ("passed", "failed", "skipped")
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n or what in usual)


def names_again(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each test that has failed, and one for those that are too many."""
    lines = [f"{entry.kind}: {entry.name}" for entry in entries[:MOST]]
    more = len(entries) - MOST
    return [*lines, f"and {more} more"] if more > 0 else lines


def why_skipped(ledger: Ledger) -> list[str]:
    """Return how many tests were skipped for which reason; nothing if none was."""
    if not any(sort.kind == SKIPPED for sort in ledger.census()):
        return []
    skipped = [entry.attempts[-1] for entry in ledger.numbered if entry.kind == SKIPPED]
    from harness.core.skips import summary

    said = ([each for each in attempt.outcomes if each.kind == SKIPPED] for attempt in skipped)
    return summary(outcomes[0].text for outcomes in said if outcomes)


def repeat_command(entries: Sequence[Entry], selection: Selection, seed: int) -> str:
    """Return the command that runs some tests again; empty if there is none, or they are too many.

    Args:
        entries: The tests.
        selection: How they were found.
        seed: Of the run.
    """
    if not 0 < len(entries) <= TOGETHER:
        return ""
    import shlex

    words = ["harness", "run", "--seed", str(seed), *chosen(entries, selection)]
    return shlex.join(words)


def chosen(entries: Sequence[Entry], selection: Selection) -> list[str]:
    """Return what chooses some tests on the command line.

    A test that was discovered below another directory cannot be named from this one.
    """
    names = [name_of(entry) for entry in entries]
    given = {"-s": selection.start, "-p": selection.pattern, "-t": selection.top}
    usual = {"-s": ".", "-p": "test*.py", "-t": None}
    pairs = [(flag, value) for flag, value in given.items() if value != usual[flag]]
    words = [word for pair in pairs for word in pair if word is not None]
    if selection.names or (selection.start, selection.top) == (".", None):
        return [*words, *names] if selection.names else names
    return [*words, *(word for name in names for word in ("-k", f"*{name}"))]


def name_of(entry: Entry) -> str:
    """Return what a test, or a module that cannot be imported, is called on the command line."""
    name = entry.name.partition("#")[0]
    return name.removeprefix(f"{FAILED_IMPORT}.")
