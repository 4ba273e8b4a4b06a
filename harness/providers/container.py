"""A server in a container of ours, as every process that holds it sees it."""

from __future__ import annotations

import time
from typing import Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe
from harness.core.registry.claim import Claim
from harness.providers.engine import Engine, EngineError, unframed

LOG_LINES = 200
SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "KEY")

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
        self.secrets = secrets_of(recipe)
        self._claim = claim
        self._engine = engine
        self._causes = recipe.causes
        self._network = network
        self._stopped = False
        self._last_log = ""
        self._paused = False  # by us, which is not an end

    def exit_state(self) -> str | None:
        """Return how the container ended, with its out-of-memory flag, or None while it runs."""
        try:
            state = self._engine.get(f"/containers/{self.name}/json")["State"]
        except OSError as error:
            return "stopped by us" if self._stopped else f"the container is gone: {error}"
        if state["Status"] in ("created", "running", "restarting"):
            return None
        if state["Status"] == "paused":
            return None if self._paused else "paused"
        memory = ", killed for want of memory" if state.get("OOMKilled") else ""
        return f"exit code {state['ExitCode']}{memory}"

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
        return self._read_log(since=f"{mark or 0:.6f}", timestamps=1)

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, read from its log."""
        log = self.log()
        return next((cause for text, cause in (*self._causes, *CAUSES) if text in log), None)

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
        self._tell("kill")

    def restart(self) -> None:
        """End it if need be, and start it again with its file system as it is."""
        self._tell("unpause")
        self._tell("restart", t=5)

    def _tell(self, action: str, **query: object) -> None:
        """Have the daemon do something; what is so already is no error."""
        try:
            self._engine.post(f"/containers/{self.name}/{action}", **query)
        except EngineError as error:
            if not any(words in error.explanation for words in ALREADY):
                raise


def secrets_of(recipe: ContainerRecipe) -> tuple[str, ...]:
    """Return the values of a container's environment that look like secrets."""
    return tuple(
        value
        for name, value in recipe.environment.items()
        if value and any(word in name.upper() for word in SECRET_WORDS)
    )
