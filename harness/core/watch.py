"""Looking whether what a test uses still runs."""

from __future__ import annotations

from typing import Any

from harness.core.instance import Instance
from harness.core.lease import Holder, Lease
from harness.errors import ServiceDiedError


class Watch:
    """Raises when an instance that a holder has a lease of has died.

    One that its test has taken down is none of these: the test may wait for what its code does
    about that.

    Args:
        holder: Whose leases count, those that it takes later included.
    """

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def __call__(self) -> None:
        """Do nothing while all of them run.

        Raises:
            ServiceDiedError: One has ended; with its exit state and the end of its log.
        """
        for lease, instance in self._holder.instances().items():
            if not instance.down:
                check(lease, instance)


def check(lease: Lease, instance: Instance[Any]) -> None:
    """Do nothing while an instance runs; its death is an outage of the lease's holder."""
    try:
        instance.check_alive(settle=0)
    except ServiceDiedError as death:
        lease.outages.append(death)
        raise
