"""What a history is asked for: how long tests take, and which of them have failed."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from harness.report.history.file import History
from harness.runner.kinds import EXPECTED, FAILED, FLAKY, PASSED, RED

LAST = 5  # runs of a test whose median is what the next one is expected to take
TIMED = (PASSED, FAILED, EXPECTED, FLAKY)  # what took as long as the test takes


def durations(history: History, last: int = LAST) -> dict[str, float]:
    """Return how long each test takes, in seconds: set-up, body and release together.

    Args:
        history: The history.
        last: Of how many of its last runs to take the median.

    Raises:
        HistoryError: It cannot be read.
    """
    query = f"""
        select name, setup + body + release from attempt join test on test.id = test
        where attempt.run = ? and setup is not null and kind in {TIMED}
    """
    tests = history.rows("select count(*) from test")[0][0]
    return medians(history, query, last, tests)


def fixtures(history: History, last: int = LAST) -> dict[str, float]:
    """Return how long the fixtures of each unit take, in seconds.

    These are `setUpClass`, `setUpModule` and their like, each time that the unit is run.

    Args:
        history: The history.
        last: Of how many of its last runs to take the median.

    Raises:
        HistoryError: It cannot be read.
    """
    query = "select key, seconds from fixture join unit on unit.id = unit where run = ?"
    return medians(history, query, last, history.rows("select count(*) from unit")[0][0])


def medians(history: History, query: str, last: int, things: int) -> dict[str, float]:
    """Return the median of the last values of each thing.

    Runs are read from the newest back until each thing has its values; of what has not run for so
    long that twice as many values of others were read, there is what there is.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    read = 0
    for (run,) in history.rows("select id from run order by began desc, id desc"):
        rows = history.rows(query, run)
        read += len(rows)
        for name, seconds in rows:
            if len(found[name]) < last:
                found[name].append(seconds)
        if read > 2 * last * things or (len(found) == things and is_full(found, last)):
            break
    return {name: statistics.median(values) for name, values in found.items()}


def is_full(found: Mapping[str, list[float]], last: int) -> bool:
    """Tell whether each thing has as many values as are asked for."""
    return all(len(values) >= last for values in found.values())


def last_failed(history: History) -> frozenset[str]:
    """Return the tests that have failed when they were last run, in whatever run that was.

    A test that was only flaky has failed, too. One that was skipped has not.

    Raises:
        HistoryError: It cannot be read.
    """
    rows = history.rows(f"select name from test where verdict in {RED}")
    return frozenset(name for (name,) in rows)


def verdicts(history: History, runs: tuple[int, ...] | None) -> dict[str, int]:
    """Return how many test runs have come to what."""
    where = "" if runs is None else f"where run in ({', '.join(map(str, runs))})"
    rows: list[Any] = history.rows(
        f"""
        select verdict, count(*) from (
            select verdict, max(number) from attempt {where} group by run, test
        ) group by verdict
        """
    )
    return dict(rows)
