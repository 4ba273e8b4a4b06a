"""The port to the places where services run, and how they are found by name."""

from __future__ import annotations

import functools
import importlib
from typing import Protocol, cast

from harness.core.instance import Running
from harness.core.order import check_provider
from harness.core.recipe import Recipe
from harness.core.settings import Settings


class Provider(Protocol):
    """A place where services run."""

    name: str
    patience: float | None  # seconds it is given to answer; None for the setting's

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why it cannot run this recipe here, or None. Starts nothing."""

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return in a few words what would run."""

    def start(self, recipe: Recipe, settings: Settings) -> Running:
        """Start what the recipe describes; it need not be ready yet.

        Raises:
            StartError: It could not be started; nothing is left behind.
        """


@functools.cache
def provider_named(name: str) -> Provider:
    """Return the provider of that name; its module is imported at first use."""
    module = importlib.import_module(f"harness.providers.{check_provider(name)}")
    return cast(Provider, module.PROVIDER)
