"""`harness doctor`: what each provider can run here, and what to install."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from harness.cli.text import indented
from harness.core.order import PROVIDERS
from harness.core.provider import provider_named
from harness.core.service import Service
from harness.core.settings import Settings
from harness.core.waiting import wait_until_ready
from harness.errors import HarnessError
from harness.services.postgres.service import Postgres

SERVICES: tuple[Service[Any], ...] = (Postgres(),)


@dataclass(frozen=True)
class Finding:
    """What one provider can do for one service.

    Attributes:
        service: The kind of service.
        provider: The provider's name.
        there: Whether it can run the service.
        words: What would run, or why it cannot.
        chosen: Whether tests would run there.
    """

    service: str
    provider: str
    there: bool
    words: str
    chosen: bool = False


def examine(service: Service[Any], settings: Settings) -> Iterator[Finding]:
    """Yield what each provider can do for a service, in the order in which they are tried."""
    order = settings.providers.of(service.kind)
    chosen = False
    for name in (*order, *(name for name in PROVIDERS if name not in order)):
        there, words = look(service, name, settings)
        takes = there and not chosen and name in order
        chosen = chosen or takes
        if name not in order:
            words += " (left out by the setting `providers`)"
        yield Finding(service.kind, name, there, words, takes)


def look(service: Service[Any], name: str, settings: Settings) -> tuple[bool, str]:
    """Return whether a provider can run a service, and what or why not. Starts nothing."""
    provider, recipe = provider_named(name), service.recipe(name)
    if isinstance(recipe, str):
        return False, recipe
    try:
        reason = provider.refusal(recipe, settings)
        if reason is None and name == "external":
            knock(service, settings)
        return reason is None, reason or provider.describe(recipe, settings)
    except HarnessError as error:
        return False, str(error)


def knock(service: Service[Any], settings: Settings) -> None:
    """Connect to an external server once, and make nothing there.

    Raises:
        HarnessError: It does not answer, or refuses.
    """
    provider, recipe = provider_named("external"), service.recipe("external")
    assert not isinstance(recipe, str)
    running = provider.start(recipe, settings)
    wait_until_ready(running, service.probe, what=f"{service.kind} on external", within=1.0)


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Show what can run here: for each service and provider, which version, or why not.

    Exits with 1 if some service cannot run at all.
    """
    healthy = True
    for service in SERVICES:
        findings = list(examine(service, settings))
        healthy = healthy and any(finding.chosen for finding in findings)
        for finding in findings:
            click.echo(line(finding))
    if not healthy:
        click.echo("tests that need a service that is nowhere are skipped")
        raise SystemExit(1)


def line(finding: Finding) -> str:
    """Return a finding as text, its further lines indented."""
    state = "->" if finding.chosen else "ok" if finding.there else "no"
    return f"{state}   {finding.service} on {finding.provider}\n{indented(finding.words, 5)}"
