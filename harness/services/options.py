"""Options that several services have in common: made hashable, and checked."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.core.address import Address, Instances, Text, services_in
from harness.core.frozen import FrozenMapping
from harness.core.nearest import did_you_mean
from harness.core.recipe import Recipe
from harness.core.service import Service
from harness.errors import ServiceDefinitionError

HIGHEST_PORT = 65535


def fault_proxy(proxied: bool) -> tuple[Service[Any], ...]:
    """Return what runs beside a service that is reached through a fault proxy, or not."""
    if not proxied:
        return ()
    from harness.services.toxiproxy.near import NearToxiproxy

    return (NearToxiproxy(),)


def as_command(service: str, value: object) -> tuple[Text, ...]:
    """Return a command as a tuple of words; a text is split as a shell would.

    Raises:
        ServiceDefinitionError: It is neither a text nor a list of texts.
    """
    if isinstance(value, str):
        return split(service, value)
    words = as_tuple(service, "command", value)
    for word in words:
        check_text(service, "command", word)
    return words


def split(service: str, command: str) -> tuple[str, ...]:
    """Split a command as a shell would.

    Raises:
        ServiceDefinitionError: A quote is not closed.
    """
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise ServiceDefinitionError(
            f"{service}(command={command!r}): {error}",
            hint="write it as a list of words, which needs no quotes",
        ) from error


def as_tuple(service: str, option: str, value: object) -> tuple[Any, ...]:
    """Return a list or tuple as a tuple.

    Raises:
        ServiceDefinitionError: It is something else, such as the one value that it should hold.
    """
    if isinstance(value, str | bytes | Mapping | Service) or not isinstance(value, Iterable):
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): not a list", hint=f"write {option}=[{value!r}]"
        )
    return tuple(value)


def as_environment(service: str, value: object) -> FrozenMapping[Text]:
    """Return environment variables as a mapping that can be hashed.

    Raises:
        ServiceDefinitionError: It is no mapping of texts.
    """
    check_mapping(service, "environment", value)
    assert isinstance(value, Mapping)
    for name, text in value.items():
        if not isinstance(name, str) or not name or "=" in name:
            raise ServiceDefinitionError(f"{service}(environment=...): no variable name: {name!r}")
        check_text(service, f"environment[{name!r}]", text)
    return FrozenMapping(value)


def check_mapping(service: str, option: str, value: object) -> None:
    """Do nothing for a mapping.

    Raises:
        ServiceDefinitionError: It is something else.
    """
    if not isinstance(value, Mapping):
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): not a dict", hint=f'write {option}={{"NAME": "value"}}'
        )


def check_text(service: str, option: str, value: object) -> None:
    """Do nothing for a text, or an address that becomes one.

    Raises:
        ServiceDefinitionError: It is something else.
    """
    if isinstance(value, Service):
        hint = "write SERVICE.address() for where it is reached"
    else:
        hint = f"write {str(value)!r}"
    if not isinstance(value, str | Address):
        raise ServiceDefinitionError(f"{service}: {option}={value!r} is no text", hint=hint)


def check_port(service: str, option: str, value: object) -> None:
    """Do nothing for a TCP port.

    Raises:
        ServiceDefinitionError: It is none.
    """
    if type(value) is not int or not 0 < value <= HIGHEST_PORT:
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): no TCP port",
            hint=f"a port is a number from 1 to {HIGHEST_PORT}",
        )


def check_word(service: str, option: str, value: str, known: tuple[str, ...]) -> None:
    """Do nothing for a known word.

    Raises:
        ServiceDefinitionError: It is not one of them; with the nearest.
    """
    if value not in known:
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): unknown {option}",
            hint=did_you_mean(str(value), known),
        )


def check_tuple(service: str, option: str, value: object) -> None:
    """Do nothing for a tuple.

    Raises:
        ServiceDefinitionError: It is one text or path, which was forgotten to put into one.
    """
    if isinstance(value, str | os.PathLike):
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): the option is one {type(value).__name__}, "
            "not a tuple of them",
            hint=f"write {option}=({value!r},)",
        )


def check_settings(service: str, settings: object, example: tuple[str, str]) -> None:
    """Do nothing for a tuple of pairs of texts.

    Args:
        service: Whose settings they are.
        settings: What was given.
        example: A pair to show in the hint.

    Raises:
        ServiceDefinitionError: It is something else.
    """
    pairs = settings if isinstance(settings, tuple) else (settings,)
    for pair in pairs:
        if not isinstance(pair, tuple) or [type(part) for part in pair] != [str, str]:
            name, value = example
            raise ServiceDefinitionError(
                f"{service}(settings={settings!r}): {pair!r} is not a pair of texts",
                hint=f'write settings=(("{name}", "{value}"),)',
            )


def check_ready(service: str, ready: object) -> None:
    """Do nothing for a probe.

    Raises:
        ServiceDefinitionError: It has no `check`.
    """
    if not callable(getattr(ready, "check", None)) or isinstance(ready, type):
        raise ServiceDefinitionError(
            f"{service}(ready={ready!r}): no probe",
            hint='write ready=Line("started"), Port(), Http("/health") or Healthcheck()',
        )


def recipe_on(provider: str, **makers: Callable[[], Recipe | str]) -> Recipe | str:
    """Return how a provider runs a service that each of them can run, or why it cannot.

    Args:
        provider: Its name.
        makers: What makes the recipe, by the name of the provider.
    """
    return makers[provider]()


def needs_of(
    depends_on: tuple[Service[Any] | str, ...], *texts: Mapping[str, Text] | tuple[Text, ...]
) -> tuple[Service[Any] | str, ...]:
    """Return what a service needs: what it depends on, and whose address it is given."""
    addressed = [service for part in texts for service in services_in(part)]
    return tuple(dict.fromkeys([*depends_on, *addressed]))


def check_needs(service: str, depends_on: tuple[object, ...]) -> None:
    """Do nothing for services and aliases.

    Raises:
        ServiceDefinitionError: One is something else.
    """
    for need in depends_on:
        if not isinstance(need, Service | str):
            raise ServiceDefinitionError(
                f"{service}(depends_on=...): neither a service nor an alias: {need!r}",
                hint='write depends_on=[db] or depends_on=["db"]',
            )


def secrets_of(instances: Instances) -> tuple[str, ...]:
    """Return the secrets of what a service is told the address of."""
    return tuple(secret for instance in instances.values() for secret in instance.secrets)
