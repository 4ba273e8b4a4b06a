"""A service that runs."""

from __future__ import annotations

import time
from typing import Any, Generic, Protocol, TypeVar

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.lease import Lease
from harness.errors import CapabilityError, LeaseError, ServiceDiedError

L = TypeVar("L", bound="Lease")

LOG_TAIL_LINES = 20
SETTLE = 0.2


class Running(Protocol):
    """What a provider returns: a handle on a server, a container or a URL."""

    endpoint: Endpoint
    provenance: str

    def exit_state(self) -> str | None:
        """Return how it ended, such as `exit code 1`, or None while it runs."""

    def log(self) -> str:
        """Return what it has logged so far; empty where the log is not ours to read."""

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, or None where it cannot be told."""

    def stop(self) -> None:
        """Stop it at once and remove all that it left. Safe to call twice."""


def log_tail(running: Running, lines: int = LOG_TAIL_LINES) -> str:
    """Return the end of a log, for an error message."""
    return "\n".join(running.log().rstrip().splitlines()[-lines:])


class Instance(Generic[L]):
    """A service that runs: endpoint, provider, capabilities, provenance, log.

    Attributes:
        kind: The kind of service, such as `postgres`.
        provider: Where it runs: `external`, `docker` or `embedded`.
        endpoint: Where it answers.
        provenance: Image digest or binary version.
        capabilities: What it can do that not every provider can.
    """

    def __init__(self, kind: str, provider: str, running: Running) -> None:
        self.kind = kind
        self.provider = provider
        self.running = running
        self.endpoint = running.endpoint
        self.provenance = running.provenance
        self.capabilities: frozenset[str] = frozenset()
        self._closed = False
        self.cleanups = Cleanups(f"{kind} on {provider}")
        self.cleanups.push(running.stop)

    def __repr__(self) -> str:
        return f"<{self.kind} on {self.provider}: {self.provenance}>"

    def lease(self, service: Any) -> L:
        """Hand out a lease for one declared service.

        Args:
            service: The service as the test declared it.
        """
        raise NotImplementedError

    def prepare(self, service: Any) -> None:
        """Make what the first lease of a service needs, so that taking it is quick.

        Args:
            service: The service as the test declared it.
        """

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return self.running.log()

    def check_alive(self) -> None:
        """Do nothing while the server runs. Ask after a failure: it may take a moment to end.

        Raises:
            ServiceDiedError: It ended; with its exit state and the end of its log.
            LeaseError: It was stopped by us, with its environment.
        """
        if self._closed:
            raise LeaseError(
                f"{self.kind} on {self.provider} was used after its environment was closed",
                cause="a lease was kept longer than its environment",
                hint="use it inside the `with` block, or make a new Environment()",
            )
        state = self._settled_state()
        if state is not None:
            raise ServiceDiedError(
                f"{self.kind} on {self.provider} died: {state} ({self.provenance})",
                cause=self.running.likely_cause() or "it crashed, or was killed from outside",
                hint="look at the end of its log above, then run the tests again",
                detail=log_tail(self.running) or None,
            )

    def _settled_state(self) -> str | None:
        deadline = time.monotonic() + SETTLE
        while (state := self.running.exit_state()) is None and time.monotonic() < deadline:
            time.sleep(SETTLE / 10)
        return state

    def need(self, *capabilities: str) -> None:
        """Do nothing if this instance has all these capabilities.

        Raises:
            CapabilityError: It lacks one; named with the provider.
        """
        missing = sorted(set(capabilities) - self.capabilities)
        if missing:
            raise CapabilityError(
                f"{self.kind} on {self.provider} cannot do: {', '.join(missing)}",
                cause=f"{self.provenance} does not offer it",
                hint=f"it can do: {', '.join(sorted(self.capabilities)) or 'nothing extra'}",
            )

    def close(self) -> None:
        """Give up everything that was made on it, then stop it."""
        self._closed = True
        self.cleanups.close()
