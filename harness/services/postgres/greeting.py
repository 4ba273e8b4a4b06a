"""Asking a PostgreSQL server whether it takes connections, without logging in."""

from __future__ import annotations

import socket
import struct

from harness.core.endpoint import Endpoint
from harness.errors import StartError

PROTOCOL = 3 << 16  # version 3.0
STARTING = (b"C57P03\0", b"C57P01\0", b"C57P02\0")


def greet(endpoint: Endpoint, timeout: float) -> None:
    """Return when the server answers a startup message, be it by asking for the password.

    It is the beginning of the protocol
    (https://www.postgresql.org/docs/current/protocol-message-formats.html, StartupMessage), and
    needs no driver: a driver that is cut off in the middle leaves noise behind.

    Args:
        endpoint: Where the server should be.
        timeout: Seconds after which to give up on an answer.

    Raises:
        StartError: The host is unknown, which waiting does not mend.
        OSError: Nobody answers yet, or the server is still starting.
    """
    with dial(endpoint, timeout) as connection:
        connection.settimeout(timeout)
        connection.sendall(startup_message(endpoint))
        answer = connection.recv(4096)
    if not answer:
        raise ConnectionError("the connection was closed without an answer")
    if answer.startswith(b"E") and any(code in answer for code in STARTING):
        raise ConnectionError("the server is starting or stopping")


def dial(endpoint: Endpoint, timeout: float) -> socket.socket:
    """Connect to the server's socket or port."""
    if endpoint.socket is None:
        try:
            return socket.create_connection((endpoint.host, endpoint.port), timeout)
        except socket.gaierror as error:
            raise unknown_host(endpoint.host, error) from error
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(endpoint.socket)
    except OSError:
        connection.close()
        raise
    return connection


def startup_message(endpoint: Endpoint) -> bytes:
    """Return the first message of a session."""
    names = {"user": endpoint.user, "database": endpoint.database}
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in names.items() if value)
    return struct.pack("!ii", len(body) + 9, PROTOCOL) + body + b"\0"


def unknown_host(host: str, error: socket.gaierror) -> StartError:
    """Return the error for a host that no name server knows."""
    return StartError(
        f"the host {host!r} is unknown: {error.strerror}",
        cause="the name is misspelt, or no name server knows it",
        hint="correct the host in the URL",
    )
