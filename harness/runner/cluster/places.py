"""The Dask workers of a cluster, and how many processes each may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.runner.cluster.member import host_of

RESOURCE = "harness"


@dataclass
class Place:
    """A Dask worker.

    Attributes:
        address: Its address.
        room: How many processes it may have at a time.
        tagged: Whether it has said so itself, by the resource `harness`.
        fits: Whether it has the right code; None until that is known.
        members: The numbers of the processes that it has.
    """

    address: str
    room: int
    tagged: bool = False
    fits: bool | None = None
    members: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, address: str, identity: Mapping[str, Any]) -> Place:
        """Return what the scheduler knows of a Dask worker.

        As many processes as it has threads; or as it says, when started with
        `--resources "harness=4"`.
        """
        resources = identity.get("resources") or {}
        tagged = RESOURCE in resources
        room = resources[RESOURCE] if tagged else identity["nthreads"]
        return cls(address, int(room), tagged)

    @property
    def free(self) -> int:
        """How many more it may have."""
        return self.room - len(self.members) if self.fits else 0

    @property
    def host(self) -> str:
        """The machine, as the cluster knows it."""
        return host_of(self.address)

    @property
    def resources(self) -> dict[str, float] | None:
        """What each of its tasks takes up."""
        return {RESOURCE: 1} if self.tagged else None
