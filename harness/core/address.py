"""The address of a service, as the environment of another one will hold it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.core.endpoint import Endpoint, is_loopback
from harness.core.instance import Instance
from harness.core.nearest import did_you_mean
from harness.core.recipe import UrlRecipe
from harness.errors import ServiceDefinitionError, StartError

if TYPE_CHECKING:
    from harness.core.service import Service

FIELD = re.compile(r"\{(\w+)\}")
FIELDS = ("url", "host", "port", "user", "password", "database")

Instances: TypeAlias = "Mapping[Service[Any], Instance[Any]]"


@dataclasses.dataclass(frozen=True, repr=False)
class Address:
    """The address of a service, filled in as soon as that runs: a text with gaps.

    Made by `Service.address`. Whoever has it in its environment needs the service.

    Attributes:
        service: The service.
        template: The text, with `{url}`, `{host}`, `{port}`, `{user}`, `{password}` and
            `{database}` to be filled in; other braces stay as they are.

    Raises:
        ServiceDefinitionError: A gap has another name, or a URL cannot be written.
    """

    service: Service[Any]
    template: str

    def __post_init__(self) -> None:
        for name in FIELD.findall(self.template):
            if name not in FIELDS:
                raise ServiceDefinitionError(
                    f"address({self.template!r}): unknown gap {{{name}}}",
                    hint=did_you_mean(name, FIELDS),
                )
        if "{url}" in self.template and not self._scheme:
            raise ServiceDefinitionError(
                f"{self.service.label} has no kind of URL of its own",
                cause=f"address({self.template!r}) asks for one",
                hint='write it out, such as address("http://{host}:{port}/")',
            )

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others, the same in every process."""
        return (self.service.kind, self.service.instance_key(), self.template)

    @property
    def _scheme(self) -> str:
        recipe = self.service.recipe("external")
        return recipe.schemes[0] if isinstance(recipe, UrlRecipe) else ""

    def filled(self, endpoint: Endpoint) -> str:
        """Return the text with its gaps filled in."""
        values = {name: str(getattr(endpoint, name)) for name in FIELDS[1:]}
        if self._scheme:
            values["url"] = endpoint.url(self._scheme)
        return FIELD.sub(lambda gap: values[gap[1]], self.template)

    def __repr__(self) -> str:
        return f"{self.service.label}.address({self.template!r})"


Text: TypeAlias = str | Address


def services_in(texts: Mapping[str, Text] | tuple[Text, ...]) -> tuple[Service[Any], ...]:
    """Return the services whose addresses some texts are to hold."""
    values = texts.values() if isinstance(texts, Mapping) else texts
    return tuple(text.service for text in values if isinstance(text, Address))


def key_of(text: Text) -> object:
    """Return what tells a text from others, the same in every process."""
    return text.key if isinstance(text, Address) else text


def seen_from_process(text: Text, instances: Instances) -> str:
    """Return a text as a process of this machine needs it."""
    return text if isinstance(text, str) else text.filled(instances[text.service].endpoint)


def seen_from_container(text: Text, instances: Instances) -> str:
    """Return a text as a container needs it, on the network of its group.

    Raises:
        StartError: The service cannot be reached from there.
    """
    if isinstance(text, str):
        return text
    return text.filled(inside_endpoint(text.service, instances[text.service]))


def inside_endpoint(service: Service[Any], instance: Instance[Any]) -> Endpoint:
    """Return where a container reaches a service.

    Raises:
        StartError: It cannot; with what to do.
    """
    endpoint = instance.endpoint
    if instance.running.inside is not None:
        host, port = instance.running.inside
        return dataclasses.replace(endpoint, host=host, port=port, socket=None)
    if instance.provider == "docker":
        raise StartError(
            f"a container cannot reach {service.label}: it has no name on their network",
            hint='give it one, such as alias="db"',
        )
    if is_loopback(endpoint.host):
        raise StartError(
            f"a container cannot reach {service.label}: "
            f"it runs on {instance.provider}, at {endpoint.host}:{endpoint.port}",
            cause="inside a container, the loopback is the container's own",
            hint=f"run it in Docker, too: HARNESS_PROVIDERS=docker,embedded,{service.kind}=docker",
        )
    return endpoint
