"""A server in a container of ours, as every process that holds it sees it."""

from __future__ import annotations

import functools
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from harness.core import realtime as time
from harness.core.causes import likely_cause
from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe
from harness.core.registry.claim import Claim
from harness.core.secrets import secrets_of
from harness.providers import knocking
from harness.providers.engine import Engine, EngineError, frames, unframed

LOG_LINES = 200
STOP_TIMEOUT = 2  # seconds: many programs do not listen to a signal when they are the first
LOG_LAG = 0.03  # seconds that the daemon may need to take over what a container has logged
LONGEST_LAG = 0.3  # seconds after which a log that goes on growing is taken as it is
OUT_OF_MEMORY = "killed for want of memory"
MEMORY_LAG = 0.5  # seconds that the daemon may need to take note of that
POLL = 0.01
KILLED = 137  # exit code

ALREADY = ("is already paused", "is not paused", "is not running")
CAUSES = (
    ("No space left on device", "the disk of the Docker host is full"),
    ("exec format error", "the image is for another processor architecture"),
    ("Permission denied", "the image's user may not write where it needs to"),
)


class ContainerServer:
    """A server in a container of ours.

    Args:
        claim: Our place in the registry.
        engine: The daemon.
        name: The container's name.
        provenance: The image that it was made from.
        recipe: What was asked for.
        endpoint: Where it answers.
        ports: Where its ports are reached, as (port inside, host, port).
        fresh: Whether it was started for us.
        network: Our hold of the network that it is on and its name, if it is on one.
    """

    def __init__(
        self,
        claim: Claim,
        engine: Engine,
        name: str,
        provenance: str,
        recipe: ContainerRecipe,
        endpoint: Endpoint,
        ports: tuple[tuple[int, str, int], ...],
        fresh: bool,
        network: tuple[Claim, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.provenance = provenance
        self.fresh = fresh
        self.identity = claim.instance
        self.name = name
        self.ports = ports
        self.secrets = (*secrets_of(recipe.environment), *recipe.secrets)
        on_network = recipe.network is not None and recipe.alias is not None
        self.inside = (str(recipe.alias), recipe.inside_port or recipe.port) if on_network else None
        self._claim = claim
        self._engine = engine
        self._causes = recipe.causes
        self._network = network
        self._stopped = False
        self._last_log = ""
        self._paused = False  # by us, which is not an end
        self._told = False  # that it was killed, and perhaps for its limit of memory
        self._printed = 0  # length of the log when its present run began

    def inspect(self) -> dict[str, Any]:
        """Return all that the daemon knows of the container.

        Raises:
            OSError: It is gone, or the daemon does not answer.
        """
        found: dict[str, Any] = self._engine.get(f"/containers/{self.name}/json")
        return found

    def exit_state(self) -> str | None:
        """Return how the container ended, with its out-of-memory flag, or None while it runs."""
        try:
            state = self._state()
        except OSError as error:
            return "stopped by us" if self._stopped else f"the container is gone: {error}"
        if state["Status"] in ("created", "running", "restarting"):
            return None
        if state["Status"] == "paused":
            return None if self._paused else "paused"
        memory = f", {OUT_OF_MEMORY}" if state.get("OOMKilled") else ""
        return f"exit code {state['ExitCode']}{memory}"

    def _state(self) -> dict[str, Any]:
        """Return the container's state; the daemon notes later than its end that memory was short.

        Raises:
            OSError: It is gone, or the daemon does not answer.
        """
        deadline = time.monotonic() + MEMORY_LAG
        while True:
            found = self.inspect()
            state: dict[str, Any] = found["State"]
            killed = state["ExitCode"] == KILLED and not state.get("OOMKilled")
            doubtful = killed and bool(found["HostConfig"]["Memory"])
            if not doubtful or self._told or time.monotonic() > deadline:
                self._told = doubtful
                return state
            time.sleep(POLL)

    def output(self) -> str:
        """Return what it has printed since it was last started."""
        return self._read_log()[self._printed :]

    def address(self, port: int | None = None) -> tuple[str, int]:
        """Return the host and port at which a port of it is reached.

        Args:
            port: The port inside; None for the main one.

        Raises:
            KeyError: It is not published.
        """
        addresses = {inside: (host, outside) for inside, host, outside in self.ports}
        return addresses[self.ports[0][0] if port is None else port]

    def knock(self, port: int | None, timeout: float) -> None:
        """Return when something listens on a port inside, reached from outside.

        Raises:
            OSError: Nothing does yet.
        """
        with socket.create_connection(self.address(port), timeout) as connection:
            if self.fresh:  # else somebody has knocked before
                knocking.check(self, port or self.ports[0][0], connection, timeout)

    def addresses_inside(self) -> list[str]:
        """Return its addresses on the daemon's own networks."""
        networks = self.inspect()["NetworkSettings"]["Networks"].values()
        return [network["IPAddress"] for network in networks if network["IPAddress"]]

    def is_neighbour(self) -> bool:
        """Tell whether the daemon's own networks are interfaces of this very machine."""
        return is_local(self._engine.host)

    def execute(self, command: Sequence[str], timeout: float) -> tuple[int, str, str]:
        """Run a command inside; return its exit code, its output and its errors.

        Args:
            command: Command and arguments.
            timeout: Seconds that it may be silent.

        Raises:
            ConnectionError: From a TimeoutError: it was silent for longer; it may still run.
            OSError: The container does not run.
        """
        engine = Engine(self._engine.host, timeout)
        body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        path = f"/exec/{engine.post(f'/containers/{self.name}/exec', body)['Id']}"
        answer = engine.request("POST", f"{path}/start", {}, {"Detach": False, "Tty": False})
        code: int = engine.get(f"{path}/json")["ExitCode"]
        return code, text_of(answer, 1), text_of(answer, 2)

    def health_command(self) -> list[str] | None:
        """Return the command of the image's own health check; None if it has none."""
        test = (self.inspect()["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
        if test[0] == "CMD-SHELL":
            return ["/bin/sh", "-c", *test[1:]]
        return list(test[1:]) if test[0] == "CMD" else None

    def log(self) -> str:
        """Return the end of the container's log; after its removal, what was read last."""
        self._last_log = self._read_log(tail=LOG_LINES) or self._last_log
        return self._last_log

    def _read_log(self, **which: object) -> str:
        path = f"/containers/{self.name}/logs"
        try:
            return unframed(self._engine.request("GET", path, {"stdout": 1, "stderr": 1, **which}))
        except OSError:
            return ""  # the container or the daemon is gone: what was read last stands

    def log_mark(self) -> float:
        """Return the place that the log has reached: the time now."""
        return time.time()

    def log_since(self, mark: object) -> str:
        """Return what the container has logged since a mark was taken, each line with its time."""
        assert mark is None or isinstance(mark, float)
        since = f"{mark or 0:.6f}"
        return settled(functools.partial(self._read_log, since=since, timestamps=1))

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, read from its log."""
        return likely_cause(self.log(), (*self._causes, *CAUSES)) or self._want_of_memory()

    def _want_of_memory(self) -> str | None:
        """Return what there is to say of one that was killed, which the daemon may not know why."""
        state = self.exit_state() or ""
        if OUT_OF_MEMORY in state:
            return "it used more than its limit (memory=), or the host has no memory left"
        if self._told and state:
            return "somebody killed it; or it used more than its limit (memory=)"
        return None

    def record(self) -> dict[str, Any]:
        """Return what another process needs to find it."""
        return {
            "host": self._engine.host,
            "name": self.name,
            "provenance": self.provenance,
            "ports": self.ports,
            "secrets": self.secrets,
            "network": self._network[1] if self._network is not None else None,
        }

    def is_outlived(self) -> bool:
        """Tell whether others hold it, or it is kept for the next run."""
        return self._claim.is_outlived()

    def has_peers(self) -> bool:
        """Tell whether other processes use it now."""
        return self._claim.has_peers()

    def stop(self) -> None:
        """Give it up; the last one out removes it with its volumes. Safe to call twice."""
        cleanups = Cleanups(self.provenance)
        cleanups.push(self.detach)
        cleanups.push(self._claim.release)
        cleanups.push(self.log)
        self._stopped = True
        cleanups.close()

    def detach(self) -> None:
        """Give its network up."""
        if self._network is not None:
            self._network[0].release()

    def pause(self) -> None:
        """Freeze it with the daemon's freezer."""
        self._tell("pause")
        self._paused = True

    def resume(self) -> None:
        """Let it go on."""
        self._tell("unpause")
        self._paused = False

    def kill(self) -> None:
        """Kill it."""
        self._tell("unpause")  # a frozen one cannot die
        self._paused = False
        self._tell("kill")
        self._tell("wait")

    def restart(self) -> None:
        """End it if need be, and start it again with its file system as it is."""
        self._tell("unpause")
        self._tell("stop", t=STOP_TIMEOUT)
        self._paused = False
        self._printed = len(self._read_log())
        self._tell("start")

    def _tell(self, action: str, **query: object) -> None:
        """Have the daemon do something; what is so already is no error."""
        try:
            self._engine.post(f"/containers/{self.name}/{action}", **query)
        except EngineError as error:
            if not any(words in error.explanation for words in ALREADY):
                raise


def text_of(answer: bytes, stream: int) -> str:
    """Return the text of one stream of an answer."""
    pieces = (piece for number, piece in frames(answer) if number == stream)
    return b"".join(pieces).decode(errors="replace")


@functools.cache
def is_local(host: str) -> bool:
    """Tell whether a daemon's networks are interfaces of this machine.

    They are not if it runs on another one, in a virtual machine, or in a user namespace.
    """
    if not host.startswith("unix://") or sys.platform != "linux":
        return False
    info = Engine(host).get("/info")
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    return info.get("Name") == socket.gethostname() and not rootless


def settled(read: Callable[[], str]) -> str:
    """Read a log until nothing comes any more: the daemon has each line some milliseconds late."""
    deadline = time.monotonic() + LONGEST_LAG
    before, text = None, read()
    while text != before and time.monotonic() < deadline:
        time.sleep(LOG_LAG)
        before, text = text, read()
    return text
