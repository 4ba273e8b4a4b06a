"""Any program, as a test declares it."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from harness.core.address import Instances, Text, key_of, seen_from_process
from harness.core.frozen import FrozenMapping
from harness.core.instance import Running
from harness.core.recipe import Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import ServiceDefinitionError
from harness.services import options
from harness.services.options import secrets_of
from harness.services.readiness import Healthcheck, Line, Port, Probe, Reachable, printed_port

if TYPE_CHECKING:
    from harness.services.process.instance import (
        ProcessInstance,
        ProcessLease,  # noqa: F401 - in a text
    )

GRACE = 5.0  # seconds
LONGEST_TITLE = 60
LISTENS = Port()


@dataclass(frozen=True, repr=False)
class Process(Service["ProcessLease"]):
    r"""Any program of this machine. All tests use it as it is, unless it is `exclusive`.

    In the command and in the texts of the environment, `{port}` stands for the port that is kept
    free for it, which is also the variable `PORT`, and `{home}` for a directory of its own, which
    is removed with it.

    Args:
        command: Command and arguments, as a list or as a text that is split as a shell would.
        ready: When it is ready: `Port()`, `Http("/health")`, or `Line("started")`; with
            `Line(r"PORT=(\d+)")` it says itself on which port it listens.
        environment: Its environment variables, beside the few that every program needs: texts, or
            addresses of other services.
        port: The port that it listens on where it cannot be told; None for a free one.
        cwd: Its working directory, from the directory of the settings file; that one by default.
        stop_signal: The signal that asks it to stop.
        grace: Seconds that it is given to stop before it is killed.
        depends_on: What has to be ready before it starts: services, or their aliases.
        proxied: Whether tests reach its ports through a fault proxy: then the lease has `toxics`.
        exclusive: Whether each class gets one of its own, to pause, kill and restart.
        name: Keeps two equal services apart.
        alias: The name by which others depend on it.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class ShopTest(HarnessTestCase):
                shop = Process(["python", "-m", "shop", "--port", "{port}"], ready=Http("/health"))

                def test_it_answers(self):
                    urlopen(self.shop.url("http", "/articles")).close()
    """

    kind: ClassVar[str] = "process"

    command: str | Sequence[Text]
    ready: Probe = LISTENS
    environment: Mapping[str, Text] = FrozenMapping()
    port: int | None = None
    cwd: str | os.PathLike[str] | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = GRACE
    depends_on: Sequence[Service[Any] | str] = ()
    proxied: bool = False
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        set_option = object.__setattr__  # it is frozen for everybody else
        set_option(self, "command", options.as_command("Process", self.command))
        set_option(self, "environment", options.as_environment("Process", self.environment))
        set_option(self, "depends_on", options.as_tuple("Process", "depends_on", self.depends_on))
        super().__post_init__()
        self._check()

    def _check(self) -> None:
        if not self.command:
            raise ServiceDefinitionError(
                "Process(''): no command", hint='write Process(["python", "-m", "shop"])'
            )
        options.check_ready("Process", self.ready)
        check_possible(self.ready)
        if self.port is not None:
            options.check_port("Process", "port", self.port)
        options.check_needs("Process", tuple(self.depends_on))

    @property
    def _command(self) -> tuple[Text, ...]:
        return cast("tuple[Text, ...]", self.command)

    def instance_key(self) -> tuple[object, ...]:
        """Return all that makes a process another one."""
        return (
            tuple(key_of(word) for word in self._command),
            self.ready,
            tuple((name, key_of(text)) for name, text in self.environment.items()),
            self.port,
            None if self.cwd is None else os.fspath(self.cwd),
            int(self.stop_signal),
            self.grace,
            self.name,
        )

    def needs(self) -> tuple[Service[Any] | str, ...]:
        """Return what it depends on, and whose address it is given."""
        return options.needs_of(tuple(self.depends_on), self.environment, self._command)

    def beside(self) -> tuple[Service[Any], ...]:
        """Return the fault proxy, if it is reached through one."""
        return options.fault_proxy(self.proxied)

    def recipe(self, provider: str) -> Recipe | str:
        """Return the program, its addresses not filled in yet; it runs on this machine only."""
        from harness.services.process.program import Program

        if provider != "embedded":
            return "a process runs on this machine only, as `embedded`"
        return Program(
            title=title_of(self._command),
            command=(),
            port=self.port,
            cwd=self.cwd,
            stop_signal=int(self.stop_signal),
            grace=self.grace,
        )

    def connected(self, recipe: Recipe, instances: Instances) -> Recipe:
        """Return the recipe with the addresses of what it needs filled in."""
        from harness.services.process.program import Program

        assert isinstance(recipe, Program)
        return dataclasses.replace(
            recipe,
            command=tuple(seen_from_process(word, instances) for word in self._command),
            environment={
                name: seen_from_process(text, instances) for name, text in self.environment.items()
            },
            secrets=secrets_of(instances),
        )

    def probe(self, running: Running, timeout: float) -> None:
        """Return when it is ready; by then its port is known."""
        reachable = cast(Reachable, running)
        self.ready.check(reachable, timeout)
        if isinstance(self.ready, Line) and self.ready.groups and running.fresh:
            running.endpoint = printed_port(self.ready, reachable)

    def open(self, provider: str, running: Running, settings: Settings) -> ProcessInstance:
        """Return the instance, now that it is ready."""
        from harness.services.process.instance import ProcessInstance

        return ProcessInstance("process", provider, running)


def title_of(command: tuple[Text, ...]) -> str:
    """Return a command in one short line, for people.

    Example:
        >>> title_of(("python", "-m", "shop"))
        'python -m shop'
    """
    line = " ".join(" ".join(map(str, command)).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[:LONGEST_TITLE]}..."


def check_possible(ready: Probe) -> None:
    """Do nothing for a probe of what a process can be asked for.

    Raises:
        ServiceDefinitionError: Only a container can be asked for it.
    """
    if isinstance(ready, Healthcheck):
        raise ServiceDefinitionError(
            "Process(ready=Healthcheck()): only an image has a health check",
            hint="write ready=Port(), ready=Http(...) or ready=Line(...)",
        )
