"""`harness clean`: removes what is ours and nobody's."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.doctor import SERVICES, reach
from harness.cli.ps import held_by
from harness.cli.report import Report
from harness.cli.text import age
from harness.core.janitor.link import nudge
from harness.core.provider import provider_named
from harness.core.recipe import UrlRecipe
from harness.core.registry import cleaning, things
from harness.core.registry.cleaning import Outcome
from harness.core.registry.listing import Entry, registry_there
from harness.core.registry.things import Thing
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import HarnessError


@click.command()
@click.option("--dry-run", "dry", is_flag=True, help="Only tell what would be removed.")
@click.pass_obj
def clean(settings: Settings, dry: bool) -> None:
    """Remove what nobody holds any more.

    These are servers, containers, networks and directories that killed runs have left, or that are
    kept for the next run; and such databases on the server that DATABASE_URL names. What somebody
    holds is left alone, and listed with its holders.

    Exits with 0 if all of that is gone, with 1 if something could not be removed, with 2 for a
    wrong setting or a registry that cannot be used.
    """
    report = Report(dry)
    clean_registry(settings, report)
    for service in SERVICES:
        clean_server(service, settings, report)
    if not report.lines:
        click.echo("nothing to remove")
    raise SystemExit(1 if report.failures else 0)


def clean_registry(settings: Settings, report: Report) -> None:
    """Remove the instances that nobody holds."""
    registry = registry_there(settings)
    if registry is None:
        return
    for slot in registry.slots():
        outcome = cleaning.clean(slot, dry=report.dry)
        if outcome is not None:
            tell(outcome, report)
    if not report.dry:
        nudge(registry.path)  # a janitor that waited for the end of what was kept is free to go


def tell(outcome: Outcome, report: Report) -> None:
    """Print what became of an instance."""
    entry = outcome.entry
    report.below(heading(entry))
    for thing in outcome.removed:
        report.note(things.words(thing), None)
    for thing, failure in outcome.failed:
        report.note(things.words(thing), reason(thing, failure))
    if outcome.error is not None:
        report.fail(str(outcome.error))
    if outcome.is_left:
        report.say(f"left alone: {held_by(entry)}")
    if outcome.failed:
        report.say("next: mend that, then run `harness clean` again")
        report.say(f"or remove it by hand, then forget it: rm -r {entry.slot.path}")


def heading(entry: Entry) -> str:
    """Return what an instance is, since when, and why nobody holds it."""
    since = f", started {age(entry.since)} ago" if entry.since else ""
    why = f"; {entry.reason}" if entry.state in ("kept", "ownerless") else ""
    return f"{entry.name}{since}{why}"


def reason(thing: Thing, failure: Exception) -> str:
    """Return why a thing could not be removed; a daemon that does not answer does not say so."""
    if isinstance(failure, OSError) and failure.errno is not None and "host" in thing:
        return f"the Docker daemon at {thing['host']} does not answer: {failure.strerror}"
    return str(failure) or type(failure).__name__


def clean_server(service: Service[Any], settings: Settings, report: Report) -> None:
    """Remove what killed processes have left on a server that somebody else runs."""
    external, recipe = provider_named("external"), service.recipe("external")
    if external.name not in settings.providers.of(service.kind):
        return
    if not isinstance(recipe, UrlRecipe) or external.refusal(recipe, settings) is not None:
        return
    where = f"{service.kind} at {external.describe(recipe, settings)}"
    report.below(f"{where}; nobody holds it")
    try:
        running = reach(service, recipe, settings)
        service.remove_orphans(
            running,
            settings,
            lambda words, failure: report.note(words, None if failure is None else str(failure)),
            dry=report.dry,
        )
    except HarnessError as error:
        report.below("")
        report.skip(f"{where} was not looked at: {error.what}")
