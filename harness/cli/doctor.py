"""`harness doctor`: what each provider can run here, and what to install."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import click

from harness.cli.text import indented
from harness.core.choice import recipe_for, refusal
from harness.core.instance import Running
from harness.core.order import PROVIDERS
from harness.core.provider import provider_named
from harness.core.recipe import Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.core.waiting import wait_until_ready
from harness.errors import HarnessError
from harness.services.kafka.service import Kafka
from harness.services.postgres.service import Postgres
from harness.services.redis.service import Redis
from harness.services.toxiproxy.service import Toxiproxy

SERVICES: tuple[Service[Any], ...] = (Postgres(), Redis(), Kafka(), Toxiproxy())


@dataclass(frozen=True)
class Finding:
    """What one provider can do for one service.

    Attributes:
        service: The kind of service.
        provider: The provider's name.
        offered: Whether it offers to run the service: the first that does is chosen.
        there: Whether it can indeed.
        words: What would run, or why it cannot.
        chosen: Whether tests would run there.
    """

    service: str
    provider: str
    offered: bool
    there: bool
    words: str
    chosen: bool = False

    @property
    def state(self) -> str:
        """Two letters: chosen, there, not there, or chosen and broken."""
        if self.chosen:
            return "->" if self.there else "!!"
        return "ok" if self.there else "no"


def examine(service: Service[Any], settings: Settings) -> Iterator[Finding]:
    """Yield what each provider can do for a service, in the order in which they are tried."""
    order = settings.providers.of(service.kind)
    chosen = False
    for name in (*order, *(name for name in PROVIDERS if name not in order)):
        finding = look(service, name, settings)
        if name not in order:
            words = f"{finding.words} (left out by the setting `providers`)"
            finding = replace(finding, words=words)
        elif finding.offered and not chosen:
            finding, chosen = replace(finding, chosen=True), True
        yield finding


def look(service: Service[Any], name: str, settings: Settings) -> Finding:
    """Return what one provider can do for a service. Starts nothing."""
    provider, recipe = provider_named(name), recipe_for(service, name)
    reason = recipe if isinstance(recipe, str) else refusal(service, name, recipe, settings)
    if reason is not None or isinstance(recipe, str):
        return Finding(service.kind, name, False, False, str(reason))
    try:
        service.preload()
        seen = knock(service, recipe, settings) if name == "external" else ""
    except HarnessError as error:
        return Finding(service.kind, name, True, False, str(error))
    words = provider.describe(recipe, settings) + seen
    return Finding(service.kind, name, True, True, words)


def knock(service: Service[Any], recipe: Recipe, settings: Settings) -> str:
    """Connect to an external server, make nothing there, and return its version.

    Raises:
        HarnessError: It does not answer, refuses, or cannot be used.
    """
    return f", {service.identify(reach(service, recipe, settings), settings)}"


def reach(service: Service[Any], recipe: Recipe, settings: Settings) -> Running:
    """Return an external server, which answers.

    Raises:
        HarnessError: It does not, or may not be used from here.
    """
    running = provider_named("external").start(recipe, settings, None)
    wait_until_ready(running, service.probe, what=f"{service.kind} on external", within=1.0)
    return running


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Show what can run here, and why not what cannot.

    For each service and provider, it is the version or the reason. An arrow marks where tests would
    run. Exits with 1 if there is no such place for a service, or if it is marked with !!, because
    it was chosen and does not work.
    """
    findings = [finding for service in SERVICES for finding in examine(service, settings)]
    for finding in findings:
        click.echo(line(finding))
    working = {finding.service for finding in findings if finding.chosen and finding.there}
    if working != {service.kind for service in SERVICES}:
        raise SystemExit(1)


def line(finding: Finding) -> str:
    """Return a finding as text, its further lines indented."""
    head = f"{finding.state}   {finding.service} on {finding.provider}"
    return f"{head}\n{indented(finding.words, 5)}"
