"""A server that all tests use as it is: what `Container` and `Process` have in common."""

from __future__ import annotations

from typing import Any, TypeVar

from harness.core.cleanup import raise_all
from harness.core.endpoint import Dsn
from harness.services.proxied import ProxiedInstance, ProxiedLease

L = TypeVar("L", bound="ServerLease")


class ServerInstance(ProxiedInstance[L]):
    """A server of which each lease is the same."""

    @property
    def host(self) -> str:
        """Host at which it is reached."""
        return self.endpoint.host

    @property
    def port(self) -> int:
        """Its main port, as it is reached."""
        return self.endpoint.port

    def url(self, scheme: str, path: str = "/") -> Dsn:
        """Return its address as a URL.

        Args:
            scheme: What stands before `://`, such as `http`.
            path: What stands after the port.
        """
        return Dsn(f"{scheme}://{self.host}:{self.port}{path}")

    def addresses(self) -> list[tuple[str, int]]:
        """Return where each of its ports is reached, the main one first."""
        return [(self.host, self.port)]

    def restart(self) -> None:
        """Start it again; a port that it prints may be another one than before.

        Raises:
            LeaseError, StartError: As `Instance.restart`.
        """
        super().restart()
        self.endpoint = self.running.endpoint


class ServerLease(ProxiedLease):
    """What a test holds of a server that all tests use as it is.

    Attributes:
        instance: The server: its provider, version, log; `pause`, `resume`, `kill` and `restart`
            where it was declared with `exclusive=True`.
        service: What was declared.
    """

    instance: ServerInstance[Any]

    def __init__(self, instance: ServerInstance[Any], service: Any) -> None:
        super().__init__(service.label)
        instance.check_alive(settle=0)
        self.instance = instance
        self.service = service
        self._mark = instance.running.log_mark()
        self._addresses = instance.addresses() if service.proxied else []
        self._pass_through(
            *(instance.passages.to(service.kind, port) for _, port in self._addresses)
        )

    def __repr__(self) -> str:
        return f"<lease of {self.instance!r}>"

    @property
    def host(self) -> str:
        """Host at which it is reached."""
        return self._main[0]

    @property
    def port(self) -> int:
        """Its main port, as it is reached."""
        return self._main[1]

    @property
    def _main(self) -> tuple[str, int]:
        self._check_held()
        return self._through(self.instance.host, self.instance.port)

    def _through(self, host: str, port: int) -> tuple[str, int]:
        """Return where the code under test reaches an address."""
        if self._visit is None or (host, port) not in self._addresses:
            return host, port
        endpoint = self._visit.passages[self._addresses.index((host, port))].endpoint
        return endpoint.host, endpoint.port

    def url(self, scheme: str, path: str = "/") -> Dsn:
        """Return its address as a URL.

        Args:
            scheme: What stands before `://`, such as `http`.
            path: What stands after the port.
        """
        return Dsn(f"{scheme}://{self.host}:{self.port}{path}")

    @property
    def log(self) -> str:
        """What it has logged since this lease was taken; `instance.log` has all of it."""
        return self.instance.running.log_since(self._mark)

    def _release(self) -> None:
        failures = self._end_faults()
        self.instance.check_alive(settle=0)
        if not self.outages:  # else the test has been told
            raise_all(self._of, failures)
