"""The options of `harness run`, in groups of which other commands have some."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from harness.cli.numbers import COUNT, PERCENT, SECONDS
from harness.core.settings_values import FLAKY
from harness.runner.options import MODES, ORDERS

SELECTION = (
    click.argument("names", nargs=-1, metavar="[NAME]..."),
    click.option("-s", "--start-directory", "start", default=".", help="Where to begin."),
    click.option("-p", "--pattern", default="test*.py", help="Which files hold tests."),
    click.option("-t", "--top-level-directory", "top", help="From where modules are imported."),
    click.option("-k", "patterns", multiple=True, help="Run tests with this in their name."),
)
WHICH = (
    click.option(
        "--tier", "tiers", multiple=True, metavar="TIER", help="Run this tier; may be repeated."
    ),
    click.option("--changed-since", metavar="REV", help="Run what a change since REV can reach."),
    click.option("--why", is_flag=True, help="Say of each test why the change reaches it."),
)
AS_UNITTEST = (
    click.option("-f", "--failfast", is_flag=True, help="Stop at the first failure."),
    click.option("-b", "--buffer", is_flag=True, help="Show what a test prints only if it fails."),
    click.option("--locals", is_flag=True, help="Show local variables."),
    click.option("-v", "--verbose", is_flag=True, help="A line for each test."),
)
HOW = (
    click.option("-n", "workers", metavar="N|auto", help="How many processes."),
    click.option("--seed", type=int, metavar="N", help="Make all random choices with N."),
    click.option("--order", type=click.Choice(ORDERS), default=ORDERS[0], show_default=True),
    click.option("--timeout", type=SECONDS, metavar="SECONDS", help="How long a test may take."),
    click.option("--time-limit", type=SECONDS, metavar="SECONDS", help="How long the run may."),
)
WHERE = (click.option("--cluster", metavar="ADDRESS|local", help="Run on a Dask cluster."),)
SCHEDULE = (click.option("--shard", metavar="K/N", help="Run the K-th part of the tests, of N."),)
AGAIN = (
    click.option("--repeat", type=COUNT, metavar="N", help="Run all tests N times."),
    click.option("--until-fail", is_flag=True, help="Repeat until one fails; N times at most."),
    click.option("--rerun-failed", type=COUNT, metavar="N", help="Tell what is flaky by N tries."),
)
TOLERANCE = (
    click.option("--flaky", type=click.Choice(FLAKY), help="Whether flaky tests fail the run."),
    click.option("--flake-budget", type=PERCENT, metavar="PERCENT", help="How many may be flaky."),
)
FLAKES = (
    *TOLERANCE,
    click.option("--quarantined", type=click.Choice(MODES), default=MODES[0], show_default=True),
)
PAST = (
    click.option(
        *("--history", "history"),
        type=click.Path(dir_okay=False),
        help="Record the run in this file.",
    ),
    click.option("--failed-first", is_flag=True, help="Begin with what failed the last time."),
    click.option("--only-failed", is_flag=True, help="Run what failed the last time, if any."),
)
REPORTS = (
    click.option("--coverage", is_flag=True, help="Measure which lines each test reaches."),
    click.option("--artifacts", metavar="DIR", help="Keep logs and output of failed tests here."),
    click.option("--durations", type=COUNT, metavar="N", help="List the slowest N."),
    click.option("--junit", type=click.Path(dir_okay=False), help="Write JUnit XML to this file."),
)
GROUPS = (SELECTION, WHICH, AS_UNITTEST, HOW, WHERE, SCHEDULE, AGAIN, FLAKES, PAST, REPORTS)


def with_options(*groups: Iterable[Any]) -> Callable[[Any], Any]:
    """Return what gives a command the options of some groups, in this order."""

    def decorated(command: Any) -> Any:
        for option in reversed([each for group in groups for each in group]):
            command = option(command)
        return command

    return decorated
