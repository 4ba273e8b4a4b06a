"""What statistics are made from: the attempts of the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.report.history.facts import Facts
from harness.report.history.file import History
from harness.report.history.queries import TIMED
from harness.report.history.reader import runs
from harness.runner.kinds import RED

ATTEMPTS = """
select test.name, tier, rerun, kind, attempt.verdict, setup, body, release
from attempt join test on test.id = test
where attempt.run = ? order by number
"""
# Of a test whose subtests were skipped it is the first reason, as at the end of a run
SKIPS = """
select text, count(*) from (
    select outcome.text as text, min(outcome.rowid) from test
    join outcome on outcome.run = test.run and outcome.test = test.id
    where test.verdict = 'skipped' and outcome.kind = 'skipped' and outcome.number = 1
    group by test.id
) group by text order by count(*) desc, text
"""


class Row(NamedTuple):
    """An attempt.

    Attributes:
        name: Of the test.
        tier: Its tier.
        rerun: How many times it was run in this round before.
        kind: What became of it this time.
        verdict: What had become of the test by then.
        setup: Seconds; None if it did not end.
        body: Seconds.
        release: Seconds.
    """

    name: str
    tier: str
    rerun: int
    kind: str
    verdict: str
    setup: float | None
    body: float
    release: float

    @property
    def timed(self) -> bool:
        """Whether it took as long as the test takes: it ended, and was not skipped."""
        return self.setup is not None and self.kind in TIMED

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.setup or 0.0) + self.body + self.release


@dataclass(frozen=True)
class Told:
    """What a run tells.

    Attributes:
        facts: What is known of it.
        rows: Its attempts, those of one test in order.
        fixtures: How long all its fixtures took, in seconds.
    """

    facts: Facts
    rows: Sequence[Row]
    fixtures: float

    @property
    def failed(self) -> bool:
        """Whether it has failed: by its exit code, or by its tests where that does not tell."""
        if self.facts.exit_code in (0, 1):
            return self.facts.exit_code == 1
        return any(verdict in RED for verdict in self.verdicts.values())

    @property
    def verdicts(self) -> Mapping[str, str]:
        """What each test has come to: what was said last."""
        return {row.name: row.verdict for row in self.rows}


def told(history: History, last: int) -> list[Told]:
    """Return what the last runs tell, the oldest first.

    Args:
        history: The history.
        last: How many runs.

    Raises:
        HistoryError: It cannot be read.
    """
    query = "select coalesce(sum(seconds), 0.0) from fixture where run = ?"
    return [
        Told(
            run.facts,
            [Row(*row) for row in history.rows(ATTEMPTS, run.id)],
            history.rows(query, run.id)[0][0],
        )
        for run in runs(history)[-last:]
    ]
