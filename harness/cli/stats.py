"""`harness stats`: what the history of runs comes to in numbers."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.text import width
from harness.core.settings import Settings


@click.command()
@click.option("--history", "file", metavar="FILE", help="The history; that of the settings.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="How many runs to look at, from the newest back.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_obj
def stats(settings: Settings, file: str | None, last: int, as_json: bool) -> None:
    """Show what the history of runs comes to in numbers.

    These are median, P95 and P99 of runs and tests, the slowest tests, set-up against body, tiers
    against quotas, flaky tests, reasons of skips, and minutes by commit and by week.

    Exits with 0; with 2 if there is no history, or it cannot be read.
    """
    from harness.report.history.file import History
    from harness.report.history.place import place_of
    from harness.report.platforms.platform import platform_of
    from harness.report.stats.compute import figures
    from harness.report.stats.text import NARROWEST, lines

    path = Path(file) if file is not None else place_of(settings)
    with History(path) as history:
        found = figures(history, settings.quotas, last)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        text = "\n".join(lines(found, path.name, max(width(), NARROWEST)))
        encoding = sys.stdout.encoding  # not all have letters for the names of tests
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        click.echo(platform_of(settings.ci_platform, os.environ).foreign(text))
