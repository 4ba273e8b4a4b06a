"""The port to the places where services run, and how they are found by name."""

from __future__ import annotations

import functools
import importlib
from typing import Protocol, cast

from harness.core.instance import Running
from harness.core.order import check_provider
from harness.core.recipe import Recipe
from harness.core.registry.claim import Claim
from harness.core.settings import Settings


class Provider(Protocol):
    """A place where services run."""

    name: str
    patience: float | None  # seconds it is given to answer; None for the setting's
    shares: bool  # whether what it starts is ours, found by other processes and removed by the last

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why it cannot run this recipe here, or None. Starts nothing."""

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return in a few words what would run."""

    def place(self, settings: Settings) -> str:
        """Return what tells two places of this kind apart, such as the address of a daemon."""

    def start(self, recipe: Recipe, settings: Settings, claim: Claim | None) -> Running:
        """Start what the recipe describes; it need not be ready yet.

        Args:
            recipe: What to start.
            settings: The settings of the environment.
            claim: Our place in the registry, in which all is written down before it is made;
                None where the provider shares nothing.

        Raises:
            StartError: It could not be started. What was made is written down; whoever called
                releases the claim.
        """

    def attach(self, recipe: Recipe, settings: Settings, claim: Claim) -> Running:
        """Return what another process has started, by `claim.record`. Asks nothing of it.

        Raises:
            StartError: It cannot be reached from here.
        """


@functools.cache
def provider_named(name: str) -> Provider:
    """Return the provider of that name; its module is imported at first use."""
    module = importlib.import_module(f"harness.providers.{check_provider(name)}")
    return cast(Provider, module.PROVIDER)
