"""Any container, as a test declares it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from harness.core.address import Instances, Text, key_of, seen_from_container
from harness.core.endpoint import Endpoint
from harness.core.frozen import FrozenMapping
from harness.core.instance import Running
from harness.core.recipe import ContainerRecipe, Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import ServiceDefinitionError
from harness.services import options
from harness.services.container import files
from harness.services.container.files import Content
from harness.services.options import secrets_of
from harness.services.readiness import Port, Probe, Reachable, check_runs

if TYPE_CHECKING:
    from harness.services.container.instance import ContainerInstance
    from harness.services.container.lease import ContainerLease  # noqa: F401 - in a text

MEMORY = re.compile(r"(\d+)([kmg]?)b?", re.IGNORECASE)
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True, repr=False)
class Container(Service["ContainerLease"]):
    """Any container. All tests use it as it is, unless it is `exclusive`.

    Args:
        image: Name of an entry in `images.json` or the file in `HARNESS_IMAGES`, or a reference
            that is pinned by digest.
        ports: The TCP ports that it listens on inside, the main one first.
        environment: Environment variables: texts, or addresses of other services.
        command: Command and arguments, as a list or as a text; empty for the image's own.
        files: What to put into it before it starts, as {absolute path inside: content}: a text,
            bytes, or a `pathlib.Path` on this machine. A content that begins with `#!` can be
            executed.
        ready: When it is ready: `Port()`, `Http("/health")`, `Line("started")`, `Healthcheck()`;
            None for the first port, and for a container without ports as soon as it runs.
        user: User that its command runs as, by name or number; None for the image's own.
        memory: Most memory that it may use, such as `"256m"`, or in bytes.
        depends_on: What has to be ready before it starts: services, or their aliases.
        proxied: Whether tests reach its ports through a fault proxy: then the lease has `toxics`.
        exclusive: Whether each class gets one of its own, to pause, kill and restart.
        name: Keeps two equal services apart.
        alias: Its name on the network that it shares with the other services of its class.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class CacheTest(HarnessTestCase):
                cache = Container("redis", ports=[6379])

                def test_it_is_reached(self):
                    socket.create_connection(self.cache.address(6379)).close()
    """

    kind: ClassVar[str] = "container"

    image: str
    ports: Sequence[int] = ()
    environment: Mapping[str, Text] = FrozenMapping()
    command: str | Sequence[Text] = ()
    files: Mapping[str, Content] = FrozenMapping()
    ready: Probe | None = None
    user: str | int | None = None
    memory: str | int | None = None
    depends_on: Sequence[Service[Any] | str] = ()
    proxied: bool = False
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        set_option = object.__setattr__  # it is frozen for everybody else
        set_option(self, "ports", options.as_tuple("Container", "ports", self.ports))
        set_option(self, "environment", options.as_environment("Container", self.environment))
        set_option(self, "command", options.as_command("Container", self.command))
        set_option(self, "files", files.as_files(self.files))
        set_option(self, "depends_on", options.as_tuple("Container", "depends_on", self.depends_on))
        super().__post_init__()
        self._check()

    def _check(self) -> None:
        check_image(self.image)
        for port in self.ports:
            options.check_port("Container", "ports", port)
        if self.ready is not None:
            options.check_ready("Container", self.ready)
            check_probed(self.ready, self.ports)
        options.check_needs("Container", tuple(self.depends_on))
        bytes_of(self.memory)
        check_proxied(self.proxied, self.ports)

    @property
    def _command(self) -> tuple[Text, ...]:
        return cast("tuple[Text, ...]", self.command)

    def instance_key(self) -> tuple[object, ...]:
        """Return all that makes a container another one."""
        return (
            self.image,
            self.ports,
            tuple((name, key_of(text)) for name, text in self.environment.items()),
            tuple(key_of(word) for word in self._command),
            files.keys(self.files),
            self.ready,
            self.user,
            self.memory,
            self.name,
        )

    def needs(self) -> tuple[Service[Any] | str, ...]:
        """Return what it depends on, and whose address it is given."""
        return options.needs_of(tuple(self.depends_on), self.environment, self._command)

    @property
    def networked(self) -> bool:
        """Whether it belongs on its group's network: it has a name there, or needs others."""
        return self.alias is not None or bool(self.needs())

    def beside(self) -> tuple[Service[Any], ...]:
        """Return the fault proxy, if it is reached through one."""
        return options.fault_proxy(self.proxied)

    def recipe(self, provider: str) -> Recipe | str:
        """Return the container, its addresses not filled in yet; Docker alone can run it.

        Raises:
            ServiceDefinitionError: A file of this machine cannot be read.
        """
        if provider != "docker":
            return "a container runs in Docker only"
        return ContainerRecipe(
            image=self.image,
            port=self.ports[0] if self.ports else 0,
            ports=tuple(self.ports),
            endpoint=Endpoint("", 0),
            files=files.contents(self.files),
            user=None if self.user is None else str(self.user),
            memory=bytes_of(self.memory),
        )

    def connected(self, recipe: Recipe, instances: Instances) -> Recipe:
        """Return the recipe with the addresses of what it needs filled in, as seen from inside.

        Raises:
            StartError: One cannot be reached from a container.
        """
        assert isinstance(recipe, ContainerRecipe)
        environment = {
            name: seen_from_container(text, instances) for name, text in self.environment.items()
        }
        return dataclasses.replace(
            recipe,
            environment=environment,
            command=tuple(seen_from_container(word, instances) for word in self._command),
            secrets=secrets_of(instances),
        )

    def probe(self, running: Running, timeout: float) -> None:
        """Return when it is ready."""
        reachable = cast(Reachable, running)
        if self.ready is not None:
            self.ready.check(reachable, timeout)
        elif self.ports:
            Port().check(reachable, timeout)
        else:
            check_runs(running)

    def open(self, provider: str, running: Running, settings: Settings) -> ContainerInstance:
        """Return the instance, now that it is ready."""
        from harness.services.container.instance import ContainerInstance

        return ContainerInstance("container", provider, running)


def check_image(image: object) -> None:
    """Do nothing for a text.

    Raises:
        ServiceDefinitionError: It is none, or empty.
    """
    if not isinstance(image, str) or not image:
        raise ServiceDefinitionError(
            f"Container({image!r}): no image",
            hint='write Container("NAME:TAG@sha256:DIGEST") or the name of an entry of images.json',
        )


def check_probed(ready: Probe, ports: Sequence[int]) -> None:
    """Do nothing for a probe of a port that is published.

    Raises:
        ServiceDefinitionError: It is not.
    """
    port = getattr(ready, "port", ports[0] if ports else None)
    if hasattr(ready, "port") and (port or 0) not in (*ports, *([0] if ports else [])):
        raise ServiceDefinitionError(
            f"Container(ready={ready!r}): the port is not one of ports={list(ports)!r}",
            hint="name all ports that are to be reached in ports=[...]",
        )


def check_proxied(proxied: bool, ports: Sequence[int]) -> None:
    """Do nothing for a container that has ports, or needs none.

    Raises:
        ServiceDefinitionError: There is nothing to reach through a fault proxy.
    """
    if proxied and not ports:
        raise ServiceDefinitionError(
            "Container(proxied=True): it has no ports",
            cause="a fault proxy leads to ports",
            hint="name them, as in ports=[8080], or leave proxied out",
        )


def bytes_of(memory: str | int | None) -> int | None:
    """Return an amount of memory in bytes.

    Raises:
        ServiceDefinitionError: It cannot be read.

    Example:
        >>> bytes_of("256m")
        268435456
    """
    if memory is None or (type(memory) is int and memory > 0):
        return memory
    match = MEMORY.fullmatch(memory) if isinstance(memory, str) else None
    if match is None:
        raise ServiceDefinitionError(
            f"Container(memory={memory!r}): no amount of memory",
            hint='write memory="256m", "1g", or a number of bytes',
        )
    return int(match[1]) * UNITS[match[2].lower()]
