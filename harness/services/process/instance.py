"""A program that runs, and what a test holds of it."""

from __future__ import annotations

from typing import Any

from harness.services.server import ServerInstance, ServerLease


class ProcessLease(ServerLease):
    """What a test holds of a program, which other tests use, too, unless it is exclusive.

    Attributes:
        instance: The program.
    """

    instance: ProcessInstance

    def address(self) -> tuple[str, int]:
        """Return the host and port at which it is reached."""
        return self._main


class ProcessInstance(ServerInstance[ProcessLease]):
    """A program that runs: its address and its log."""

    def lease(self, service: Any) -> ProcessLease:
        """Hand out a lease.

        Raises:
            ServiceDiedError: It has ended.
        """
        return ProcessLease(self, service)

    def address(self) -> tuple[str, int]:
        """Return the host and port at which it is reached."""
        return self.host, self.port
