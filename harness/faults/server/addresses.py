"""Addresses as Toxiproxy reads and writes them: `host:port`."""

from __future__ import annotations

import asyncio
import socket
from typing import TypeAlias

from harness.faults.server.errors import ApiError, not_listening

Sockaddr: TypeAlias = tuple[socket.AddressFamily, tuple[str, int]]

BACKLOG = 1024
HIGHEST_PORT = 65535
ANY = ("", "0.0.0.0", "::")


def split(address: str) -> tuple[str, int]:
    """Return the host and the port of an address; an IPv6 host stands in brackets.

    Raises:
        ApiError: It is none.

    Example:
        >>> split("127.0.0.1:5432"), split("[::1]:80")
        (('127.0.0.1', 5432), ('::1', 80))
    """
    host, colon, port = address.rpartition(":")
    if address and (not colon or address.endswith("]")):
        raise ApiError(f"address {address}: missing port in address", 500)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ApiError(f"address {address}: too many colons in address", 500)
    if port and not (port.isascii() and port.isdecimal() and int(port) <= HIGHEST_PORT):
        raise ApiError(f"address {port}: invalid port", 500)
    return host, int(port or 0)


def join(host: str, port: int) -> str:
    """Write an address.

    Example:
        >>> join("::1", 80)
        '[::1]:80'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def resolve(address: str) -> Sockaddr:
    """Return where an address to listen on is; one without a host is every interface's.

    Raises:
        ApiError: It is no address, or its host is unknown.
    """
    host, port = split(address)
    if host in ANY:
        return (socket.AF_INET6, ("::", port)) if socket.has_ipv6 else (socket.AF_INET, ("", port))
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ApiError(f"lookup {host}: no such host", 500) from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # as Go prefers it
    return socket.AddressFamily(found[0][0]), (str(found[0][4][0]), port)


async def listener(address: str) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ApiError: It cannot.
    """
    family, place = await resolve(address)
    try:
        # asyncio sends small pieces at once only where the protocol is named.
        own = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise not_listening(join(*place), error) from error
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(place[0] != "::"))
        own.bind(place)
        own.listen(BACKLOG)
        return own
    except OSError as error:
        own.close()
        raise not_listening(join(*place), error) from error


def address_of(own: socket.socket) -> str:
    """Return the address that a socket listens on."""
    host, port = own.getsockname()[:2]
    return join(host, port)
