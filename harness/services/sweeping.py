"""A sweep over what a lease reaches through a fault proxy."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from harness.core import realtime as time
from harness.core.endpoint import Endpoint
from harness.faults.sweep.relay import Address, Place
from harness.faults.sweep.run import NewConversation
from harness.faults.sweep.site import Site
from harness.faults.values import down
from harness.services.toxiproxy.passage import Visit

PATIENCE = 1.0  # seconds for connections to be closed
Keeping = Callable[[], AbstractContextManager[Callable[[], object]]]


def site(label: str, visit: Visit, conversation: NewConversation, keeping: Keeping) -> Site:
    """Return what a sweep has to know of a lease.

    Args:
        label: The service, as it was declared.
        visit: The ways to it.
        conversation: Makes what reads its protocol; None where it is not a known one.
        keeping: Keeps its data, and gives what puts them back.
    """
    return Site(label, conversation, lambda: given_up(visit), keeping)


@contextlib.contextmanager
def given_up(visit: Visit) -> Iterator[list[Place]]:
    """Have the fault proxy give up its places for a block: whoever is connected is cut off."""
    end = visit.apply(down())
    try:
        await_the_end(visit)
        yield [Place(address(each.endpoint), address(each.target)) for each in visit.passages]
    finally:
        end()


def await_the_end(visit: Visit) -> None:
    """Wait until those who were connected can see that they are cut off.

    The fault proxy closes their connections, but may answer before: a pool would then hand out one
    that is lost a moment later.
    """
    deadline = time.monotonic() + PATIENCE
    while any(each.clients() for each in visit.passages) and time.monotonic() < deadline:
        time.sleep(0.001)


def address(endpoint: Endpoint) -> Address:
    """Return host and port."""
    return endpoint.host, endpoint.port
