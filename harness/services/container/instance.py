"""A container that runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from harness.core.endpoint import Dsn
from harness.core.instance import without_secrets
from harness.errors import CommandError, HarnessError, ServiceDefinitionError
from harness.services.container.lease import ContainerLease, ExecResult
from harness.services.options import split
from harness.services.server import ServerInstance

if TYPE_CHECKING:
    from harness.providers.container import ContainerServer

EXEC_TIMEOUT = 30.0  # seconds


class ContainerInstance(ServerInstance[ContainerLease]):
    """A container that runs: its addresses, its log, commands inside."""

    def lease(self, service: Any) -> ContainerLease:
        """Hand out a lease.

        Raises:
            ServiceDiedError: It has ended.
        """
        return ContainerLease(self, service)

    @property
    def _container(self) -> ContainerServer:
        return cast("ContainerServer", self.running)

    def address(self, port: int | None = None) -> tuple[str, int]:
        """Return the host and port at which a port of it is reached from here.

        Args:
            port: The port inside; None for the first.

        Raises:
            ServiceDefinitionError: It was not declared.
        """
        try:
            return self._container.address(port)
        except LookupError as error:
            known = [inside for inside, _, _ in self._container.ports]
            raise ServiceDefinitionError(
                f"the container publishes no port {port or ''}".rstrip(),
                cause=f"it was declared with ports={known}",
                hint="name all ports that are to be reached in Container(..., ports=[...])",
            ) from error

    def addresses(self) -> list[tuple[str, int]]:
        """Return where each of its ports is reached, the main one first."""
        return [self.address(inside) for inside, _, _ in self._container.ports]

    def url(self, scheme: str, path: str = "/", port: int | None = None) -> Dsn:
        """Return an address of it as a URL.

        Args:
            scheme: What stands before `://`, such as `http`.
            path: What stands after the port.
            port: The port inside; None for the first.
        """
        host, outside = self.address(port)
        return Dsn(f"{scheme}://{host}:{outside}{path}")

    def exec(
        self, command: str | Sequence[str], *, check: bool = True, timeout: float = EXEC_TIMEOUT
    ) -> ExecResult:
        """Run a command inside and return what became of it.

        Args:
            command: Command and arguments, as a list or as a text that is split as a shell would.
            check: Whether it is an error when it fails.
            timeout: Seconds that it may be silent.

        Raises:
            CommandError: It failed; with its exit code and all that it printed.
            ServiceDiedError: The container has ended.
        """
        words = split("exec", command) if isinstance(command, str) else tuple(command)
        try:
            result = ExecResult(*self._container.execute(words, timeout))
        except OSError as error:
            self.check_alive()
            raise self._silent(words, timeout, error) from error
        if check and result.exit_code != 0:
            raise self._failed(words, result)
        return result

    def _silent(self, words: Sequence[str], timeout: float, error: OSError) -> HarnessError:
        cause = "the container is paused, or the command waits for something"
        return CommandError(
            f"{' '.join(words)!r} was not run to its end: {error}",
            cause=cause if isinstance(error.__cause__, TimeoutError) else None,
            hint=f"give it more than timeout={timeout:g} seconds, or try `docker exec` by hand",
        )

    def _failed(self, words: Sequence[str], result: ExecResult) -> CommandError:
        printed = f"{result.output.rstrip()}\n{result.errors.rstrip()}".strip()
        return CommandError(
            without_secrets(f"{' '.join(words)!r} ended with {result.exit_code}", self.running),
            detail=without_secrets(printed, self.running) or None,
            cause=NOT_THERE
            if "executable file not found" in printed
            else CODES.get(result.exit_code),
            hint="pass check=False where it is meant to fail",
        )


NOT_THERE = "the image has no such command"
CODES = {126: "it is there and cannot be executed", 127: NOT_THERE}
