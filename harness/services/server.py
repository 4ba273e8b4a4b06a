"""A server that all tests use as it is: what `Container` and `Process` have in common."""

from __future__ import annotations

from typing import Any, TypeVar

from harness.core.endpoint import Dsn
from harness.core.instance import Instance
from harness.core.lease import Lease

L = TypeVar("L", bound="ServerLease")


class ServerInstance(Instance[L]):
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

    def restart(self) -> None:
        """Start it again; a port that it prints may be another one than before.

        Raises:
            LeaseError, StartError: As `Instance.restart`.
        """
        super().restart()
        self.endpoint = self.running.endpoint


class ServerLease(Lease):
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

    def __repr__(self) -> str:
        return f"<lease of {self.instance!r}>"

    @property
    def host(self) -> str:
        """Host at which it is reached."""
        self._check_held()
        return self.instance.host

    @property
    def port(self) -> int:
        """Its main port, as it is reached."""
        self._check_held()
        return self.instance.port

    def url(self, scheme: str, path: str = "/") -> Dsn:
        """Return its address as a URL.

        Args:
            scheme: What stands before `://`, such as `http`.
            path: What stands after the port.
        """
        self._check_held()
        return self.instance.url(scheme, path)

    @property
    def log(self) -> str:
        """What it has logged since this lease was taken; `instance.log` has all of it."""
        return self.instance.running.log_since(self._mark)

    def _release(self) -> None:
        self.instance.check_alive(settle=0)
