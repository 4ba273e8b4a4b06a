"""A service that runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from harness.core import realtime as time
from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.lease import Lease
from harness.core.redaction import Redaction
from harness.errors import CapabilityError, LeaseError, ServiceDiedError

L = TypeVar("L", bound="Lease")

LOG_TAIL_LINES = 20
SETTLE = 0.2


class Running(Protocol):
    """What a provider returns: a handle on a server, a container or a URL."""

    endpoint: Endpoint
    provenance: str
    fresh: bool  # started for us; else it was found running
    identity: str  # what tells it from every other, also from its own successor
    secrets: tuple[str, ...]  # texts that must never be shown
    inside: tuple[str, int] | None  # name and main port on the network of its group, if on one

    def exit_state(self) -> str | None:
        """Return how it ended, such as `exit code 1`, or None while it runs."""

    def log(self) -> str:
        """Return what it has logged so far; empty where the log is not ours to read."""

    def log_mark(self) -> object:
        """Return the place that its log has reached, for `log_since`. Reads nothing."""

    def log_since(self, mark: object) -> str:
        """Return what it has logged since a mark was taken; since its beginning for None."""

    def likely_cause(self) -> str | None:
        """Return the likely cause of its end, or None where it cannot be told."""

    def record(self) -> dict[str, Any]:
        """Return what another process needs to find it, for `Provider.attach`."""

    def is_outlived(self) -> bool:
        """Tell whether it goes on without us, so that we must remove what we made on it."""

    def has_peers(self) -> bool:
        """Tell whether other processes use it now, as far as can be told."""

    def stop(self) -> None:
        """Give it up; the last one out removes it and all that it left. Safe to call twice."""

    def detach(self) -> None:
        """Give up what was taken beside it, such as its network, and leave the rest as it is."""

    def pause(self) -> None:
        """Freeze it: it keeps its connections and does not answer."""

    def resume(self) -> None:
        """Let a frozen one go on."""

    def kill(self) -> None:
        """End it as a crash would."""

    def restart(self) -> None:
        """Start it again in its place, with the data that it had, after ending it if need be."""


def log_tail(running: Running, lines: int = LOG_TAIL_LINES, secrets: tuple[str, ...] = ()) -> str:
    """Return the end of a log, for an error message, without `secrets` and those that it knows."""
    text = without_secrets(running.log(), running, secrets)
    return "\n".join(text.rstrip().splitlines()[-lines:])


def without_secrets(text: str, running: Running, secrets: tuple[str, ...] = ()) -> str:
    """Return a text without `secrets` and those that what runs knows."""
    return Redaction((*secrets, *running.secrets, running.endpoint.password))(text)


class Instance(Generic[L]):
    """A service that runs: endpoint, provider, capabilities, provenance, log.

    Attributes:
        kind: The kind of service, such as `postgres`.
        provider: Where it runs: `external`, `docker` or `embedded`.
        endpoint: Where it answers.
        provenance: Image digest or binary version.
        capabilities: What it can do that not every provider can.
        identity: What tells it from every other instance, also from its own successor.
        exclusive: Whether it is one class's own, which may then pause and kill it.
        disturbed: How often it was killed or restarted: connections do not outlive that.
        down: Whether it was killed by `kill`, or is being restarted: its end is no accident.
        beside: What runs beside it, by kind, as `Service.beside` says; set before each lease.
    """

    def __init__(self, kind: str, provider: str, running: Running) -> None:
        self.kind = kind
        self.provider = provider
        self.running = running
        self.endpoint = running.endpoint
        self.provenance = running.provenance
        self.identity = running.identity
        self.exclusive = False
        self.disturbed = 0
        self.down = False
        self._paused = False
        self.capabilities: frozenset[str] = frozenset()
        self.beside: dict[str, Instance[Any]] = {}
        self.await_ready: Callable[[], None] = lambda: None  # set by whoever started it
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

    def hold(self, service: Any) -> L:
        """Hand out a lease to a whole class, of which each of its tests gets one of its own.

        Args:
            service: The service as the class declared it.

        Raises:
            LeaseError: This kind of service cannot be held.
        """
        raise LeaseError(
            f"{service.label} was told to be held, which {self.kind} is not made for",
            cause="only a database is put back for each test while others are connected to it",
            hint="touch it in setUp or in the test",
        )

    def prepare(self, service: Any) -> None:
        """Make what the first lease of a service needs, so that taking it is quick.

        Args:
            service: The service as the test declared it.
        """

    def prepare_shared(self, service: Any) -> None:
        """Make what the leases of all processes need, and nothing for this one.

        Args:
            service: The service as the test declared it.
        """

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        return tuple(secret for secret in (self.endpoint.password, *self.running.secrets) if secret)

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return self.running.log()

    def check_alive(self, settle: float = SETTLE) -> None:
        """Do nothing while the server runs.

        Args:
            settle: Seconds to wait for its end: after a failure it may take a moment.

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
        state = self._settled_state(settle)
        if state is not None:
            raise self._killed(state) if self.down else self._died(state)

    def _died(self, state: str) -> ServiceDiedError:
        return ServiceDiedError(
            f"{self.kind} on {self.provider} died: {state} ({self.provenance})",
            cause=self.running.likely_cause() or "it crashed, or was killed from outside",
            hint="look at the end of its log above, then run the tests again",
            detail=log_tail(self.running, secrets=self.secrets) or None,
        )

    def _killed(self, state: str) -> ServiceDiedError:
        return ServiceDiedError(
            f"{self.kind} on {self.provider} is down: {state} ({self.provenance})",
            cause="the test killed it, and has not restarted it",
            hint="call instance.restart() before it is used again",
        )

    def _settled_state(self, settle: float) -> str | None:
        deadline = time.monotonic() + settle
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

    def pause(self) -> None:
        """Freeze it: it keeps its connections and does not answer.

        Raises:
            LeaseError: It is not exclusive.
        """
        self._check_exclusive("pause")
        self._paused = True
        self.running.pause()

    def resume(self) -> None:
        """Let a paused one go on.

        Raises:
            LeaseError: It is not exclusive.
        """
        self._check_exclusive("resume")
        self.running.resume()
        self._paused = False

    def kill(self) -> None:
        """End it as a crash would, at once; it stays down until `restart`.

        Raises:
            LeaseError: It is not exclusive.
        """
        self._check_exclusive("kill")
        self.disturbed += 1
        self.down = True
        self.running.kill()
        self._paused = False

    def restart(self) -> None:
        """Start it again in its place, with its data; end it before if it runs.

        It returns when the service answers.

        Raises:
            LeaseError: It is not exclusive.
            StartError: It does not come up again.
        """
        self._check_exclusive("restart")
        self.disturbed += 1
        self.down = True
        self.running.restart()
        self._paused = False
        self.await_ready()
        self.down = False

    def revive(self) -> ServiceDiedError | None:
        """Bring an exclusive instance back that a test has paused or killed.

        Returns:
            The error for one that has ended by itself; it is brought back all the same.

        Raises:
            StartError: It does not come up again.
        """
        if self._paused:
            self.resume()
        state = self.running.exit_state() if self.exclusive else None
        if state is None:
            return None
        crash = None if self.down else self._died(state)
        self.restart()
        return crash

    def _check_exclusive(self, action: str) -> None:
        if not self.exclusive:
            raise LeaseError(
                f"{self.kind} on {self.provider} was told to {action}, and other tests may use it",
                cause="it was declared without exclusive=True",
                hint="declare the service with exclusive=True: the class gets one of its own",
            )

    def close(self) -> None:
        """Give up everything that was made on it, then the server; the last one out stops it."""
        self._closed = True
        self.cleanups.close()
