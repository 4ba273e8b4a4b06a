"""Services that run for one command, and the variables by which it finds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from harness.cli.targets import Target, kinds
from harness.core.endpoint import masked
from harness.core.environment import Environment
from harness.core.instance import Instance
from harness.core.lease import Lease
from harness.core.recipe import UrlRecipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import ConfigurationError, HarnessError, IsolationError, render

# The attribute by which a lease tells its URL; where it has none, the server's own is taken.
URLS = {
    "postgres": "dsn",
    "redis": "url",
    "kafka": "bootstrap_servers",
    "toxiproxy": "url",
}


class Supply:
    """Services that run for one command.

    Args:
        targets: Which.
        settings: The settings.
        say: Prints a line for people.

    Raises:
        ConfigurationError: Two of them cannot be told apart by their names.
    """

    def __init__(
        self, targets: Sequence[Target], settings: Settings, say: Callable[[str], object]
    ) -> None:
        self._targets = targets
        self._say = say
        self._names = variable_names(targets)
        self._environment = Environment(settings)
        self._leases: list[Lease] = []

    def start(self) -> dict[str, str | None]:
        """Start all, and return the variables for the command; None for one that must be unset.

        Raises:
            UnavailableError: One can run nowhere; with the reasons.
            StartError, MigrationError: One failed.
        """
        self._begin()
        values: dict[str, str | None] = {}
        for target, name in zip(self._targets, self._names, strict=True):
            recipe = url_recipe(target.service)
            if recipe is None or name is None:
                self._show(target)
            else:
                values.setdefault(recipe.variable, None)  # not the one that was set before us
                values[name] = self._open(target, recipe)
                self._say(f"{name}={masked(values[name] or '')}")
        return values

    def _begin(self) -> None:
        """Say where the services run, and start those side by side that are declared together."""
        wanted = dict.fromkeys(target.service for target in self._targets)
        choices = [(self._environment.choose(service), service.kind) for service in wanted]
        for sentence in dict.fromkeys(choice.sentence(kind) for choice, kind in choices):
            self._say(sentence)
        for group in dict.fromkeys(target.group for target in self._targets):
            if set(wanted).issuperset(group.services):
                self._environment.start_in_background(group)

    def _instance(self, target: Target) -> Instance[Any]:
        return self._environment.instance(target.service, target.group)

    def _show(self, target: Target) -> None:
        """Start a service that no variable names, and say where it is."""
        endpoint = self._instance(target).endpoint
        self._say(f"{target.name} is at {endpoint.host}:{endpoint.port}")

    def _open(self, target: Target, recipe: UrlRecipe) -> str:
        """Take a lease for the command, and return its URL."""
        instance = self._instance(target)
        lease = instance.lease(by_hand(target.service))
        self._leases.append(lease)
        if instance.kind in URLS:
            return str(getattr(lease, URLS[instance.kind]))
        return str(instance.endpoint.url(recipe.schemes[0]))

    def close(self) -> None:
        """Remove all; what could not be removed is told, and keeps nothing else from it."""
        for lease in reversed(self._leases):
            self._try(lease.release)
        self._try(self._environment.close)

    def _try(self, close: Callable[[], object]) -> None:
        try:
            close()
        except HarnessError as error:
            self._say(f"harness: {of_no_test(error)}")


def by_hand(service: Service[Any]) -> Service[Any]:
    """Return a service as a command needs it that is no test: what it commits, it commits."""
    if getattr(service, "isolation", None) is None:
        return service
    return dataclasses.replace(service, isolation="commit")  # type: ignore[type-var]


def of_no_test(error: HarnessError) -> str:
    """Return an error's text; what would be a test's fault, a command is only told."""
    if isinstance(error, IsolationError) and "the test" in error.what:
        return render(error.what.replace("the test", "the command"), None, None, error.detail)
    return str(error)


def url_recipe(service: Service[Any]) -> UrlRecipe | None:
    """Return how a variable names such a service; None where none does."""
    for candidate in (service, kinds().get(service.kind, service)):
        recipe = candidate.recipe("external")
        if isinstance(recipe, UrlRecipe):
            return recipe
    return None


def variable_names(targets: Sequence[Target]) -> list[str | None]:
    """Return the variable for each service: the usual one, or one of its own if several share it.

    Raises:
        ConfigurationError: Two have the same name, too.
    """
    usual = [variable_of(target.service) for target in targets]
    names = [
        f"{name}_{target.name.upper()}" if name and usual.count(name) > 1 else name
        for name, target in zip(usual, targets, strict=True)
    ]
    for name in filter(None, names):
        if names.count(name) > 1:
            raise ConfigurationError(
                f"{names.count(name)} services would be told by one variable, {name}",
                hint="name fewer of them",
            )
    return names


def variable_of(service: Service[Any]) -> str | None:
    """Return the variable that names such a service; None where none does."""
    recipe = url_recipe(service)
    return None if recipe is None else recipe.variable
