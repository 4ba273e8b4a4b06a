"""What test classes say of what they need, as the coordinator is told it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection
from typing import Any

from harness.errors import ConfigurationError

OURS = "harness.adapters.unittest"  # where it was not imported, no class declares a service


def facts_of(cases: Collection[type]) -> dict[str, Any]:
    """Return what some test classes need, which are run together.

    Raises:
        ConfigurationError: One of ours says something that cannot be meant.
    """
    needed: dict[str, Any] = {}
    exclusive, memory, services = set[str](), 0.0, dict[str, list[str]]()
    for case in cases:
        exclusive |= exclusive_of(case)
        memory = max(memory, memory_of(case))
        if OURS in sys.modules:
            services.update((service[0], service) for service in services_of(case))
    if any(getattr(case, "divisible", True) is False for case in cases):
        needed["divisible"] = False
    if exclusive:
        needed["exclusive"] = sorted(exclusive)
    if memory:
        needed["memory"] = memory
    if services:
        needed["services"] = list(services.values())
    return needed


def exclusive_of(case: type) -> set[str]:
    """Return the names of what no two classes may use at a time.

    Example:
        >>> exclusive_of(type("ATest", (), {"exclusive": "gpu"}))
        {'gpu'}
    """
    value = getattr(case, "exclusive", ())
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, tuple | list | set | frozenset) and all(
        isinstance(name, str) and name for name in names
    ):
        return set(names)
    check_not_ours(case, "exclusive", value, 'a name, or several, such as exclusive = "gpu"')
    return set()


def memory_of(case: type) -> float:
    """Return how much memory a class needs, in MiB; 0 if it does not say.

    Example:
        >>> memory_of(type("ATest", (), {"memory": 512}))
        512.0
    """
    value = getattr(case, "memory", 0)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    check_not_ours(case, "memory", value, "a number of MiB, such as memory = 512")
    return 0.0


def check_not_ours(case: type, name: str, value: object, expected: str) -> None:
    """Do nothing where an attribute is the business of a class alone.

    Raises:
        ConfigurationError: The class is one of ours, and the attribute is no service.
    """
    from harness.core.service import Service

    if hasattr(case, "_harness_lease") and not isinstance(value, Service):
        raise ConfigurationError(
            f"{case.__module__}.{case.__qualname__}.{name} = {value!r}: expected {expected}",
            hint=f"give what is meant by something else another name than `{name}`",
        )


def services_of(case: Any) -> list[list[str]]:
    """Return the services of a class that are worth to be started before it runs.

    Returns:
        For each of them what it is called here, its kind, and who declares it.
    """
    from harness.adapters import declared
    from harness.errors import HarnessError

    if not hasattr(case, "_harness_lease") or not declared.services_of(case):
        return []
    try:
        group, environment = declared.group_of(case), case._harness_environment()
        shared = [each for each in environment.wanted(group) if is_shared(environment, each)]
        where = f"{case.__module__}:{case.__qualname__}"
        return [[name_of(environment, each, group), each.kind, where] for each in shared]
    except HarnessError:
        return []  # its tests tell it


@functools.cache
def is_shared(environment: Any, service: Any) -> bool:
    """Tell whether processes share what runs for a service; asks no provider."""
    from harness.core.recipe import InProcessRecipe

    meant = environment.meant(service)
    recipes = [meant.recipe(provider) for provider in meant.providers(environment.settings)]
    return not service.exclusive and not any(isinstance(one, InProcessRecipe) for one in recipes)


def name_of(environment: Any, service: Any, group: Any) -> str:
    """Return what a service is called in all processes of a run."""
    from harness.core.environment import key_of
    from harness.core.group import digest

    return f"{service.kind}-{digest(repr(key_of(service, group, environment.meant)))}"
