"""Choosing where a service runs. Starts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.core.provider import Provider, provider_named
from harness.core.recipe import InProcessRecipe, Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import RequiredError, UnavailableError


@dataclass(frozen=True)
class Choice:
    """Where a service will run, and why not elsewhere.

    Attributes:
        provider: The chosen place.
        recipe: What it will run.
        description: What that is, in a few words.
        refusals: Why each provider before it was passed over, as (name, reason).
    """

    provider: Provider
    recipe: Recipe
    description: str
    refusals: tuple[tuple[str, str], ...]

    @property
    def in_process(self) -> bool:
        """Whether it will run inside this process: nothing to wait for, and nothing to share."""
        return isinstance(self.recipe, InProcessRecipe)

    def sentence(self, kind: str) -> str:
        """Say the choice and its reasons in one line."""
        refusals = () if self.in_process else self.refusals  # which are all the same
        why = "".join(f"; not {name}: {reason}" for name, reason in refusals)
        return f"{kind} on {self.provider.name} ({self.description}){why}"


def choose(service: Service[Any], settings: Settings) -> Choice:
    """Choose the first provider, in the order of the settings, that can run the service.

    Raises:
        UnavailableError: None can; with every provider's reason.
        RequiredError: The same, or an earlier choice refused, where `HARNESS_REQUIRE` forbids it.
    """
    refusals: list[tuple[str, str]] = []
    for name in service.providers(settings):
        provider = provider_named(name)
        recipe = recipe_for(service, name)
        if isinstance(recipe, str):  # as it was declared, which no machine can change
            refusals.append((name, recipe))
            continue
        reason = refusal(service, name, recipe, settings)
        if reason is None:
            return Choice(provider, recipe, provider.describe(recipe, settings), tuple(refusals))
        refusals.append((name, reason))
        if settings.require.demands(service.kind, name):
            raise RequiredError(
                f"{service.kind}@{name} is required and cannot run here",
                cause=reason,
                hint="run `harness doctor`, or take it out of HARNESS_REQUIRE",
            )
    raise nowhere(service, settings, refusals)


def recipe_for(service: Service[Any], provider: str) -> Recipe | str:
    """Return how a provider runs a service, or why it cannot, whatever the machine."""
    if service.exclusive and provider == "external":
        return "exclusive=True was asked for, and that server is somebody else's"
    return service.recipe(provider)


def refusal(service: Service[Any], provider: str, recipe: Recipe, settings: Settings) -> str | None:
    """Return why a provider cannot run a service on this machine; None if it can.

    A server that somebody has named is used or is an error, and a missing client is no way round.
    """
    lacking = None if provider == "external" else service.lacks()
    return lacking or provider_named(provider).refusal(recipe, settings)


def nowhere(
    service: Service[Any], settings: Settings, refusals: list[tuple[str, str]]
) -> UnavailableError:
    """Return the error for a service that no provider can run."""
    required = settings.require.demands_any(service.kind)
    kind = RequiredError if required else UnavailableError
    return kind(
        f"no provider can run {service.label}" + (", and it is required" if required else ""),
        detail="\n".join(f"{name}: {reason}" for name, reason in refusals),
        hint="run `harness doctor` to see what to install",
    )
