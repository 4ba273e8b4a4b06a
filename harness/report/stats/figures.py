"""The numbers that `harness stats` tells. `--json` prints them by these names, which stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.stats.spread import Spread


@dataclass(frozen=True)
class Parts:
    """Seconds by what they were spent on.

    Attributes:
        setup: `setUp` and leases.
        body: The tests themselves.
        release: `tearDown`, clean-ups, and giving leases back.
        fixtures: `setUpClass`, `setUpModule` and their like.
    """

    setup: float
    body: float
    release: float
    fixtures: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.setup + self.body + self.release + self.fixtures


@dataclass(frozen=True)
class Test:
    """A test over several runs.

    Attributes:
        name: Its name.
        tier: `unit`, `integration` or `e2e`; empty if that is not known.
        seconds: How long it took.
        setup: The median of the seconds of its set-up.
        body: The median of the seconds of its body.
    """

    __test__ = False

    name: str
    tier: str
    seconds: Spread
    setup: float
    body: float


@dataclass(frozen=True)
class Reason:
    """Why tests were skipped the last time that they were run.

    Attributes:
        reason: As the tests say it.
        tests: How many they are.
    """

    reason: str
    tests: int


@dataclass(frozen=True)
class Change:
    """The runs of a commit.

    Attributes:
        commit: Which one; None for runs of which none is known.
        runs: How many there were, shards counted one by one.
        failed: How many of them have failed.
        minutes: How long they took together, by the clock.
    """

    commit: str | None
    runs: int
    failed: int
    minutes: float


@dataclass(frozen=True)
class Week:
    """The runs of a week.

    Attributes:
        week: Which one, by ISO 8601, such as 2026-W47.
        runs: How many there were.
        run_p95: The 95th percentile of their seconds; None if none has ended.
        test_p95: The 95th percentile of the seconds of a test; None if none has ended.
    """

    week: str
    runs: int
    run_p95: float | None
    test_p95: float | None


@dataclass(frozen=True)
class Unsteady:
    """A test that has both passed and failed where nothing had changed.

    Attributes:
        name: Its name.
        flaky: In how many runs it failed, and passed when it was run once more.
        commits: At how many commits it passed in one run and failed in another.
    """

    name: str
    flaky: int
    commits: int


@dataclass(frozen=True)
class Flakes:
    """How steady tests are.

    Attributes:
        test_runs: How many tests have run, each run counted.
        flaky: How many of these have failed, and passed when they were run once more.
        rate: The share of these, from 0 to 1; None if no test has run.
        attempts: How many times a test was run once more.
        tests: Those that are not steady, the worst first.
    """

    test_runs: int
    flaky: int
    rate: float | None
    attempts: int
    tests: Sequence[Unsteady]


@dataclass(frozen=True)
class Held:
    """A quota and what it was held against.

    Attributes:
        quota: As the setting has it.
        value: The share in percent, or the seconds of the slowest test.
        met: Whether it is within the quota.
    """

    quota: str
    value: float
    met: bool


@dataclass(frozen=True)
class Tier:
    """The tests of a tier.

    Attributes:
        tier: Which one; empty for tests of which it is not known.
        tests: How many there are.
        share: How many of all there are, in percent.
        seconds: How long a test takes, by the medians of each; None if none has ended.
        total: How long all of them take, the same.
        slowest: How long the slowest takes, the same.
        quotas: What they are held to.
    """

    tier: str
    tests: int
    share: float
    seconds: Spread | None
    total: float
    slowest: float
    quotas: Sequence[Held]


@dataclass(frozen=True)
class Figures:
    """What a history comes to.

    Attributes:
        runs: How many runs there are in it, of those that were asked for.
        unfinished: How many of them have not ended: they were killed, or are still running.
        since: When the first of them began, ISO 8601 in UTC; None if there is none.
        until: When the last of them began, the same.
        run_seconds: How long a run takes.
        test_seconds: How long a test takes.
        parts: What the time of the tests was spent on.
        slowest: The tests that take longest, by the median.
        skips: Why tests are skipped, the most frequent reason first.
        changes: The last commits, the newest first.
        weeks: The last weeks, the newest first.
        flakes: How steady tests are.
        tiers: The tests by tier.
    """

    runs: int
    unfinished: int
    since: str | None
    until: str | None
    run_seconds: Spread | None
    test_seconds: Spread | None
    parts: Parts
    slowest: Sequence[Test]
    skips: Sequence[Reason]
    changes: Sequence[Change]
    weeks: Sequence[Week]
    flakes: Flakes
    tiers: Sequence[Tier]
