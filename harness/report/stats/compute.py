"""Computing statistics."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median

from harness.core.quotas import Quota
from harness.report.history.file import History
from harness.report.stats.figures import (
    Change,
    Figures,
    Flakes,
    Held,
    Parts,
    Reason,
    Test,
    Tier,
    Unsteady,
    Week,
)
from harness.report.stats.rows import SKIPS, Row, Told, told
from harness.report.stats.spread import spread
from harness.runner.kinds import FLAKY, GREEN, SKIPPED

LAST = 100  # runs
SHOWN = 10  # tests, commits, weeks


def figures(history: History, quotas: Sequence[Quota] = (), last: int = LAST) -> Figures:
    """Return what a history comes to.

    Args:
        history: The history.
        quotas: What tiers are held to.
        last: How many runs to look at, from the newest back.

    Raises:
        HistoryError: It cannot be read.
    """
    runs = told(history, last)
    timed = rows_by_test(runs)
    return Figures(
        runs=len(runs),
        unfinished=sum(not run.facts.ended for run in runs),
        since=moment_of(runs[0]) if runs else None,
        until=moment_of(runs[-1]) if runs else None,
        run_seconds=spread(seconds_of(runs)),
        test_seconds=spread([row.seconds for rows in timed.values() for row in rows]),
        parts=parts(runs),
        slowest=slowest(timed),
        skips=[Reason(*row) for row in history.rows(SKIPS)],
        changes=changes(runs),
        weeks=weeks(runs),
        flakes=flakes(runs),
        tiers=tiers(runs, timed, quotas),
    )


def moment_of(run: Told) -> str:
    """Return when a run has begun."""
    return datetime.fromtimestamp(run.facts.began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rows_by_test(runs: Iterable[Told]) -> dict[str, list[Row]]:
    """Return the attempts of each test that took as long as the test takes."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for run in runs:
        for row in run.rows:
            if row.timed:
                found[row.name].append(row)
    return dict(found)


def seconds_of(runs: Iterable[Told]) -> list[float]:
    """Return how long those runs took that have ended."""
    return [run.facts.seconds for run in runs if run.facts.seconds is not None]


def parts(runs: Sequence[Told]) -> Parts:
    """Return what the time of all attempts was spent on."""
    ended = [row for run in runs for row in run.rows if row.setup is not None]
    return Parts(
        setup=sum(row.setup or 0.0 for row in ended),
        body=sum(row.body for row in ended),
        release=sum(row.release for row in ended),
        fixtures=sum(run.fixtures for run in runs),
    )


def slowest(timed: Mapping[str, Sequence[Row]]) -> list[Test]:
    """Return the tests that take longest."""
    medians = {name: median(row.seconds for row in rows) for name, rows in timed.items()}
    names = sorted(medians, key=lambda name: (-medians[name], name))[:SHOWN]
    return [test for name in names if (test := test_of(name, timed[name]))]


def test_of(name: str, rows: Sequence[Row]) -> Test | None:
    """Return a test over several runs; None if there were none."""
    found = spread([row.seconds for row in rows])
    if found is None:
        return None
    setup, body = median(row.setup or 0.0 for row in rows), median(row.body for row in rows)
    return Test(name, rows[-1].tier, found, setup, body)


def changes(runs: Iterable[Told]) -> list[Change]:
    """Return the last commits."""
    found: dict[str | None, list[Told]] = {}
    for run in runs:
        found.setdefault(run.facts.revision, []).append(run)
        found[run.facts.revision] = found.pop(run.facts.revision)  # the last one is the newest
    return [change_of(commit, those) for commit, those in reversed(found.items())][:SHOWN]


def change_of(commit: str | None, runs: Sequence[Told]) -> Change:
    """Return the runs of a commit."""
    failed = sum(run.failed for run in runs)
    return Change(commit, len(runs), failed, sum(seconds_of(runs)) / 60)


def weeks(runs: Iterable[Told]) -> list[Week]:
    """Return the last weeks."""
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for run in runs:
        found[week_of(run.facts.began)].append(run)
    return [week_with(week, found[week]) for week in sorted(found, reverse=True)[:SHOWN]]


def week_of(moment: float) -> str:
    """Return the week of a moment, in universal time.

    Example:
        >>> week_of(1795275447)
        '2026-W47'
    """
    year, week, _ = datetime.fromtimestamp(moment, UTC).isocalendar()
    return f"{year}-W{week:02}"


def week_with(week: str, runs: Sequence[Told]) -> Week:
    """Return what a week comes to."""
    of_runs = spread(seconds_of(runs))
    of_tests = spread([row.seconds for run in runs for row in run.rows if row.timed])
    return Week(
        week, len(runs), of_runs.p95 if of_runs else None, of_tests.p95 if of_tests else None
    )


def flakes(runs: Sequence[Told]) -> Flakes:
    """Return how steady tests are."""
    verdicts = [(name, verdict) for run in runs for name, verdict in run.verdicts.items()]
    ran = sum(verdict != SKIPPED for _, verdict in verdicts)
    flaky = Counter(name for name, verdict in verdicts if verdict == FLAKY)
    torn = divided(runs)
    tests = [Unsteady(name, flaky[name], torn[name]) for name in {*flaky, *torn}]
    tests.sort(key=lambda test: (-test.flaky - test.commits, test.name))
    total = sum(flaky.values())
    again = sum(row.rerun > 0 for run in runs for row in run.rows)
    return Flakes(ran, total, total / ran if ran else None, again, tests[:SHOWN])


def divided(runs: Iterable[Told]) -> Counter[str]:
    """Return at how many commits, without changes, a test passed in one run and failed in another.

    A run that is known to be of other files than those of its commit tells nothing of that.
    """
    said: defaultdict[tuple[str | None, str], set[bool]] = defaultdict(set)
    for run in runs:
        if run.facts.revision and not run.facts.dirty:
            for name, verdict in run.verdicts.items():
                if verdict != SKIPPED and verdict != FLAKY:
                    said[run.facts.revision, name].add(verdict in GREEN)
    return Counter(name for (_, name), kinds in said.items() if len(kinds) > 1)


def tiers(
    runs: Sequence[Told], timed: Mapping[str, Sequence[Row]], quotas: Sequence[Quota]
) -> list[Tier]:
    """Return the tests of the runs by tier, and what becomes of quotas."""
    latest = {row.name: row.tier for run in runs for row in run.rows}
    names: defaultdict[str, list[str]] = defaultdict(list)
    for quota in quotas:
        names[quota.tier] = []
    for name, tier in latest.items():
        names[tier].append(name)
    return [
        tier_of(tier, those, len(latest), timed, quotas) for tier, those in sorted(names.items())
    ]


def tier_of(
    tier: str,
    names: Sequence[str],
    total: int,
    timed: Mapping[str, Sequence[Row]],
    quotas: Sequence[Quota],
) -> Tier:
    """Return what a tier comes to."""
    seconds = [median(row.seconds for row in timed[name]) for name in names if name in timed]
    share, longest = 100 * len(names) / total if total else 0.0, max(seconds, default=0.0)
    against = [
        held(quota, share if quota.unit == "%" else longest)
        for quota in quotas
        if quota.tier == tier
    ]
    return Tier(tier, len(names), share, spread(seconds), sum(seconds), longest, against)


def held(quota: Quota, value: float) -> Held:
    """Return a quota and what it was held against."""
    return Held(str(quota), value, quota.met(value))
