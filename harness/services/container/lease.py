"""What a test holds of a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.endpoint import Dsn
from harness.services.server import ServerLease

if TYPE_CHECKING:
    from harness.services.container.instance import ContainerInstance


@dataclass(frozen=True)
class ExecResult:
    """What became of a command inside a container.

    Attributes:
        exit_code: What it ended with.
        output: What it wrote to its standard output.
        errors: What it wrote to its standard error.
    """

    exit_code: int
    output: str
    errors: str


class ContainerLease(ServerLease):
    """What a test holds of a container, which other tests use, too, unless it is exclusive.

    Attributes:
        instance: The container.
    """

    instance: ContainerInstance

    def address(self, port: int | None = None) -> tuple[str, int]:
        """Return the host and port at which a port of it is reached from here.

        Args:
            port: The port inside; None for the first.

        Raises:
            ServiceDefinitionError: It was not declared.
        """
        self._check_held()
        return self._through(*self.instance.address(port))

    def url(self, scheme: str, path: str = "/", port: int | None = None) -> Dsn:
        """Return an address of it as a URL.

        Args:
            scheme: What stands before `://`, such as `http`.
            path: What stands after the port.
            port: The port inside; None for the first.
        """
        host, outside = self.address(port)
        return Dsn(f"{scheme}://{host}:{outside}{path}")

    def exec(self, command: str | Sequence[str], **options: Any) -> ExecResult:
        """Run a command inside and return what became of it; as `instance.exec`.

        Raises:
            CommandError: It failed; with its exit code and all that it printed.
            ServiceDiedError: The container has ended.

        Example:
            ::

                self.cache.exec("redis-cli ping").output
        """
        self._check_held()
        return self.instance.exec(command, **options)
