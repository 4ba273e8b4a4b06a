"""Telling whether a program inside a container listens, and not only Docker's proxy before it.

Docker's proxy accepts a connection to a published port as soon as the container exists. Only then
it connects to the container, and hangs up where nothing listens there.
"""

from __future__ import annotations

import select
import socket
from typing import Protocol

STAYS = (
    0.25  # seconds after which a connection that the proxy has not closed is taken for a real one
)


NOBODY = "nothing listens on that port inside, or on the container's own loopback only"


class Door(Protocol):
    """A container, as far as it can be knocked at."""

    def addresses_inside(self) -> list[str]:
        """Return its addresses on the daemon's own networks."""

    def is_neighbour(self) -> bool:
        """Tell whether the daemon's own networks are interfaces of this very machine."""


def check(door: Door, port: int, connection: socket.socket, timeout: float) -> None:
    """Return when something listens on a port inside.

    Args:
        door: The container.
        port: The port inside.
        connection: A connection to where it is published.
        timeout: Seconds to wait for an answer.

    Raises:
        OSError: Nothing does yet.
    """
    if connection.getpeername()[1] == port and not is_loopback(connection):
        return  # its own address: no proxy has answered
    addresses = door.addresses_inside() if door.is_neighbour() else []
    if addresses:
        knock(addresses[0], port, timeout)
    else:
        check_stays(connection)


def is_loopback(connection: socket.socket) -> bool:
    """Tell whether a connection leads to this machine's loopback."""
    host: str = connection.getpeername()[0]
    return host.startswith("127.") or host == "::1"


def check_stays(connection: socket.socket) -> None:
    """Return when a connection is not closed by the other end, or when that says something.

    Raises:
        ConnectionError: It is closed.
    """
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if poll.poll(STAYS * 1000) and not connection.recv(1, socket.MSG_PEEK):
        raise ConnectionResetError(NOBODY)


def knock(address: str, port: int, timeout: float) -> None:
    """Return when something listens at an address inside.

    Raises:
        OSError: Nothing does yet.
    """
    try:
        socket.create_connection((address, port), timeout).close()
    except ConnectionRefusedError as error:
        raise ConnectionRefusedError(NOBODY) from error
