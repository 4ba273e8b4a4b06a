"""`harness merge`: the shards of a run as one."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.run_options import TOLERANCE, with_options
from harness.core.printing import say
from harness.errors import HistoryError

if TYPE_CHECKING:
    from harness.core.settings import Settings
    from harness.report.account import Account
    from harness.report.merge.join import Joined
    from harness.report.platforms.platform import Platform
    from harness.runner.flakes.findings import Findings
    from harness.runner.main import Exit
    from harness.runner.options import Options


@click.command()
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...")
@with_options(TOLERANCE)
@click.option("--history", "target", metavar="FILE", help="Record the joined run in this file.")
@click.option("--junit", type=click.Path(dir_okay=False), help="Write JUnit XML to this file.")
@click.pass_obj
def merge(
    settings: Settings,
    shards: tuple[str, ...],
    target: str | None,
    junit: str | None,
    flaky: str | None,
    flake_budget: float | None,
) -> None:
    """Join what the shards of one run have left.

    SHARD is a file that `harness run --shard K/N --history SHARD` has written. Results of another
    commit, another seed or another number of shards are refused.

    \b
    Exits with
      0    all tests have passed, or the change reaches none
      1    a test or a fixture has failed
      2    the files are not of one run, or cannot be read
      3    a shard is missing or has not ended, or a test was not reported
      4    a shard has reached its time limit, or is over another budget
      5    there were no tests
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    from harness.report.junit import library
    from harness.report.merge.join import join
    from harness.report.merge.shard import origins, read
    from harness.report.platforms.platform import platform_of
    from harness.runner.main import findings_of
    from harness.runner.meant import excuse

    if junit is not None:
        library()  # missing, it is told first
    paths = [Path(shard) for shard in shards]
    if target is not None and os.path.realpath(target) in map(os.path.realpath, paths):
        raise HistoryError(
            f"--history {target} names the file of a shard",
            hint="name another file: the tests would be in it twice",
        )
    found = [shard for path in paths for shard in read(path)]
    for line in origins(found):
        say(line)
    joined = join(found)
    policy = policy_of(settings, joined, flaky, flake_budget)
    excuse(joined.ledger, policy)
    findings = findings_of(joined.ledger, policy, None)
    show(joined, findings, platform_of(settings.ci_platform, os.environ))
    code = code_of(joined, findings, written=junit is None or report(Path(junit), joined))
    if target is not None:
        record(Path(target), joined, code)
    sys.exit(code)


def policy_of(
    settings: Settings, joined: Joined, flaky: str | None, flake_budget: float | None
) -> Options:
    """Return what becomes of flaky tests, and of those in quarantine: as given, or by the settings.

    Whether an entry of the quarantine is of any test, the shards have said.
    """
    from harness.cli.run import quarantine_of, share_of
    from harness.runner.options import RUN, Options
    from harness.runner.selection import Selection

    return Options(
        selection=Selection(tuple(joined.ledger.entries)),
        quarantine=quarantine_of(RUN, settings),
        flaky=flaky or settings.flaky,
        flake_budget=share_of(flake_budget, settings.flake_budget),
    )


def show(joined: Joined, findings: Findings, platform: Platform) -> None:
    """Print what has failed, and what all comes to, as a run does."""
    from harness.runner.console import Console

    console = Console(platform=platform)
    for unit, outcome in joined.ledger.fixtures:
        console.fixture(unit, outcome)
    for entry in joined.ledger.numbered:
        for attempt in entry.attempts:
            console.finished(entry, attempt)
    for line in platform.tell(lambda: account_of(joined)):
        console.say(line)
    console.summary(joined.ledger, "", seconds=joined.facts.seconds)
    for line in findings.told:
        console.say(line)
    for problem in joined.problems:
        console.note(problem)


def account_of(joined: Joined) -> Account:
    """Return what a platform of CI is told."""
    from harness.report.account import Account
    from harness.report.places import Sources, repository

    sources = Sources(repository(Path.cwd()))
    return Account(joined.ledger, sources, joined.facts.seconds or 0.0, joined.problem)


def code_of(joined: Joined, findings: Findings, *, written: bool) -> Exit:
    """Return what to exit with: as one run of all tests would have."""
    from harness.runner.main import NOTHING_FOUND, Exit, judge

    enough = not (joined.late or findings.over)
    code = judge(joined, written=written, enough=enough, findings=findings)
    if code is not Exit.NOTHING_RAN:
        return code
    say(NOTHING_FOUND)
    return Exit.PASSED if joined.idle else code


def report(path: Path, joined: Joined) -> bool:
    """Write JUnit XML; return whether nothing was in the way."""
    from harness.report.junit import About, write
    from harness.report.places import Sources, repository
    from harness.report.properties import properties_of

    sources = Sources(repository(Path.cwd()))
    try:
        write(path, joined.ledger, About(properties_of(joined.facts), sources.file_of))
    except OSError as error:
        say(f"{path} cannot be written: {error}")
        return False
    return True


def record(path: Path, joined: Joined, code: int) -> None:
    """Write the joined run into a history; say so where that cannot be done."""
    from harness.report.history.file import History
    from harness.report.history.union import add

    try:
        with History(path, write=True) as history:
            add(history, replace(joined.facts, exit_code=code), joined.ledger)
    except HistoryError as error:
        say(f"{error.line}: the joined run is not in it; {error.hint}")
