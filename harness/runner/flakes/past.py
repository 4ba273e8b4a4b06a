"""What the history knows of flaky tests, and of those in quarantine."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from harness.report.history.file import History
from harness.runner.flakes.quarantine import Quarantined
from harness.runner.kinds import FLAKY, GREEN, SKIPPED
from harness.runner.ledger import Entry
from harness.runner.stress.chance import highest, percent

RUNS = 20  # before this one, whose flaky tests count against its budget
ENOUGH = 60  # passes in a row of a test that is ready to leave the quarantine: below 5 %

# The last attempt of each test in each run has the verdict of all of them.
LAST_RUNS = f"""
    select id from run where exit_code is not null order by began desc, id desc limit {RUNS}
"""
TEST_RUNS = f"""
    select test.name, attempt.verdict, max(attempt.number) from attempt
    join test on test.id = attempt.test where attempt.run in ({LAST_RUNS})
    group by attempt.run, attempt.test
"""
VERDICTS = """
    select attempt.verdict, max(attempt.number) from attempt
    join test on test.id = attempt.test join run on run.id = attempt.run
    where test.name = ? and run.exit_code is not null
    group by run.id order by run.began desc, run.id desc limit ?
"""

NAMED = 20  # tests that are looked up, of those that have failed
SEEN = 100  # runs in which they are
OF_TEST = f"""
    select attempt.verdict, run.revision, run.dirty, max(attempt.number) from attempt
    join test on test.id = attempt.test join run on run.id = attempt.run
    where test.name = ? and run.id in (
        select id from run where exit_code is not null order by began desc, id desc limit {SEEN}
    )
    group by run.id
"""


def unsteady(path: Path, failed: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each test that has failed, and was flaky before.

    Args:
        path: The history; there may be none.
        failed: The tests.

    Raises:
        HistoryError: It cannot be read.
    """
    if not failed or not path.is_file():
        return
    with History(path) as history:
        for entry in failed[:NAMED]:
            found = Steadiness([tuple(row[:3]) for row in history.rows(OF_TEST, entry.name)])
            if found.words:
                yield f"flaky before: {entry.name}: {found.words}"


class Steadiness:
    """How steady a test was.

    Args:
        runs: What it came to in each run, the commit of that, and whether there were changes.

    Example:
        >>> Steadiness([("passed", "1f2e", 0), ("failed", "1f2e", 0), ("flaky", None, None)]).words
        'flaky in 1 of 3 runs, passed and failed at one commit'
    """

    def __init__(self, runs: Sequence[tuple[str, str | None, int | None]]) -> None:
        ran = [run for run in runs if run[0] != SKIPPED]
        clean = [run for run in ran if run[1] and not run[2] and run[0] != FLAKY]
        steady = {(commit, kind in GREEN) for kind, commit, _ in clean}
        self._runs = len(ran)
        self._flaky = sum(kind == FLAKY for kind, *_ in ran)
        self._torn = {commit for commit, well in steady if (commit, not well) in steady}

    @property
    def words(self) -> str:
        """That in words; empty if it was steady."""
        count = len(self._torn)
        commits = "one commit" if count == 1 else f"{count} commits"
        parts = [
            f"flaky in {self._flaky} of {self._runs} runs" if self._flaky else "",
            f"passed and failed at {commits}" if count else "",
        ]
        return ", ".join(filter(None, parts))


def flaky_before(path: Path, apart: Collection[str]) -> tuple[int, int]:
    """Return how many test runs there were in the last runs, and how many of these were flaky.

    Args:
        path: The history; there may be none.
        apart: The tests in quarantine, which do not count.

    Raises:
        HistoryError: It cannot be read.
    """
    if not path.is_file():
        return 0, 0
    with History(path) as history:
        rows = history.rows(TEST_RUNS)
    counted = [verdict for name, verdict, _ in rows if name not in apart and verdict != SKIPPED]
    return len(counted), counted.count(FLAKY)


def ready(path: Path, apart: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for each test in quarantine that has passed often enough to leave it.

    Args:
        path: The history; there may be none.
        apart: What became of the tests in quarantine, in this run.

    Raises:
        HistoryError: It cannot be read.
    """
    passed = [entry for entry in apart if entry.kind in GREEN and entry.kind != SKIPPED]
    if not passed or not path.is_file():
        return
    with History(path) as history:
        for entry in passed:
            times = 1 + passes_before(history, entry.name, ENOUGH - 1)
            if times >= ENOUGH and entry.quarantined is not None:
                yield free(entry.quarantined, times)


def passes_before(history: History, test: str, most: int) -> int:
    """Return how many times in a row a test has passed when it was run last, up to so many."""
    verdicts = (verdict for verdict, _ in history.rows(VERDICTS, test, most))
    return sum(1 for _ in itertools.takewhile(lambda verdict: verdict in GREEN, verdicts))


def free(quarantined: Quarantined, passed: int) -> str:
    """Return what is said of a test that has passed often enough."""
    return (
        f"    ready to be freed: {quarantined.test} has passed {passed} times in a row, so with "
        f"95 % it fails in less than {percent(highest(passed))} of its runs ({quarantined})"
    )
