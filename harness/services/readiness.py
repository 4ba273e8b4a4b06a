"""When a container or a process is ready: what to look at, as small frozen values."""

from __future__ import annotations

import dataclasses
import http.client
import re
from collections.abc import Sequence
from typing import Protocol, cast

from harness.core.endpoint import Endpoint
from harness.core.instance import Running
from harness.errors import ServiceDefinitionError, StartError
from harness.services.options import HIGHEST_PORT

CHECK_TIMEOUT = 10.0  # seconds that one run of an image's own check is given


class Reachable(Running, Protocol):
    """A container or a process, as far as it can be asked whether it is ready."""

    def output(self) -> str:
        """Return what it has printed since it was last started."""

    def address(self, port: int | None = None) -> tuple[str, int]:
        """Return the host and port at which a port of it is reached; None for the main one."""

    def knock(self, port: int | None, timeout: float) -> None:
        """Return when something listens on a port; raise an OSError when nothing does yet."""


class Inspectable(Reachable, Protocol):
    """A container, as far as it can be asked whether it is ready."""

    def health_command(self) -> list[str] | None:
        """Return the command of the image's own health check; None if it has none."""

    def execute(self, command: Sequence[str], timeout: float) -> tuple[int, str, str]:
        """Run a command inside; return its exit code, its output and its errors."""


class Probe(Protocol):
    """What `ready=` takes: `Line`, `Port`, `Http`, `Healthcheck`, or one of your own."""

    def check(self, running: Reachable, timeout: float) -> None:
        """Return when it is ready; raise any exception when it is not yet.

        Args:
            running: What was started.
            timeout: Seconds after which to give up waiting for an answer.

        Raises:
            HarnessError: It never will be.
        """


@dataclasses.dataclass(frozen=True)
class Line:
    r"""Ready when it has printed a line.

    Attributes:
        pattern: A regular expression that is looked for in each whole line of its output. Of a
            `Process`, the first group is the port that it listens on.

    Example:
        ::

            Process(["shop"], ready=Line(r"PORT=(\d+)"))
    """

    pattern: str

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except (re.error, TypeError) as error:
            raise ServiceDefinitionError(
                f"Line({self.pattern!r}): no regular expression: {error}",
                hint="put a backslash before each of . ( ) [ ] * + ? that is meant as it stands",
            ) from error

    @property
    def groups(self) -> int:
        """How many groups the pattern has."""
        return re.compile(self.pattern).groups

    def check(self, running: Reachable, timeout: float) -> None:
        """Return when the line was printed, or was seen by whoever started it."""
        if running.fresh:
            self.find(running)
        else:
            check_runs(running)

    def find(self, running: Reachable) -> re.Match[str]:
        """Return the match in its output.

        Raises:
            LookupError: It has not printed such a line yet.
        """
        lines = running.output().rpartition("\n")[0]  # what is not a whole line may go on
        match = re.search(self.pattern, lines, re.MULTILINE)
        if match is None:
            raise LookupError(f"no line of its output matches {self.pattern!r}")
        return match


@dataclasses.dataclass(frozen=True)
class Port:
    """Ready when something listens on a port.

    Attributes:
        port: The port; of a container, the one inside. None for the first.
    """

    port: int | None = None

    def check(self, running: Reachable, timeout: float) -> None:
        """Return when a connection is accepted, and not by Docker's proxy alone."""
        running.knock(self.port, timeout)


@dataclasses.dataclass(frozen=True)
class Http:
    """Ready when it answers an HTTP request.

    Attributes:
        path: What is asked for.
        port: The port; of a container, the one inside. None for the first.
        status: The status that it has to answer; None for any below 400.
    """

    path: str = "/"
    port: int | None = None
    status: int | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ServiceDefinitionError(
                f"Http({self.path!r}): the path does not begin with /",
                hint=f'write Http("/{self.path}"); host and port are known',
            )

    def check(self, running: Reachable, timeout: float) -> None:
        """Return when the answer has the right status."""
        host, port = running.address(self.port)
        connection = http.client.HTTPConnection(host, port, timeout)
        try:
            connection.request("GET", self.path)
            status = connection.getresponse().status
        finally:
            connection.close()
        if status != self.status if self.status is not None else status >= 400:
            raise ConnectionError(f"GET {self.path} answers {status}")


@dataclasses.dataclass(frozen=True)
class Healthcheck:
    """Ready when the image's own `HEALTHCHECK` command succeeds.

    It is run by us, at once and again: Docker itself waits 30 s before the first time.
    """

    def check(self, running: Reachable, timeout: float) -> None:
        """Return when the command ends with 0.

        Raises:
            StartError: The image has none.
        """
        if not running.fresh:  # whoever started it has seen it healthy
            check_runs(running)
            return
        container = cast(Inspectable, running)
        command = container.health_command()
        if command is None:
            raise StartError(
                f"{running.provenance} has no HEALTHCHECK",
                cause="ready=Healthcheck() runs the one that the image brings",
                hint="write ready=Port(), ready=Http(...) or ready=Line(...)",
            )
        code, output, errors = container.execute(command, CHECK_TIMEOUT)
        if code != 0:
            raise ConnectionError(f"its health check ends with {code}: {(output + errors).strip()}")


def check_runs(running: Running) -> None:
    """Do nothing while it runs.

    Raises:
        ConnectionError: It has ended.
    """
    state = running.exit_state()
    if state is not None:
        raise ConnectionError(f"it has ended: {state}")


def printed_port(line: Line, running: Reachable) -> Endpoint:
    """Return the endpoint of a process that prints its port.

    Raises:
        LookupError: It has not printed it yet.
        StartError: What it printed is no port.
    """
    found = line.find(running)[1] or ""
    if not found.isdecimal() or not 0 < int(found) <= HIGHEST_PORT:
        raise StartError(
            f"{running.provenance} printed {found!r}, which is no port",
            cause=f"the first group of {line.pattern!r} is taken for the port",
            hint="write (?:...) for a group that is none",
        )
    return dataclasses.replace(running.endpoint, port=int(found))
