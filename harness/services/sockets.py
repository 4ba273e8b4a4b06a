"""The connections of this machine, as the kernel lists them."""

from __future__ import annotations

from collections.abc import Iterator

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
ESTABLISHED, CLOSE_WAIT = "01", "08"  # as the kernel numbers them


def clients_of(port: int) -> int:
    """Return how many programs of this machine are connected to one of its ports.

    Those whose connection was ended from the other side do not count, nor does anything where the
    kernel has no such list.

    Source: proc_net_tcp(5); each line has the local address, the remote one and the state.
    """
    return sum(line[3] == ESTABLISHED and port_of(line[2]) == port for line in lines())


def open_ports(servers: set[int]) -> set[int]:
    """Return the TCP ports of this machine at which a program holds a connection to a server.

    The same port can belong to connections to several servers at once.

    Args:
        servers: The ports of the server: its own, and the one at which it is reached.
    """
    held = (ESTABLISHED, CLOSE_WAIT)
    return {port_of(line[1]) for line in lines() if line[3] in held and port_of(line[2]) in servers}


def port_of(address: str) -> int:
    """Return the port of an address, as the kernel writes it.

    Example:
        >>> port_of("0100007F:1F90")
        8080
    """
    return int(address.rpartition(":")[2], 16)


def lines() -> Iterator[list[str]]:
    """Yield the fields of each connection."""
    for path in TABLES:
        try:
            with open(path, encoding="ascii") as table:
                yield from [line.split() for line in table][1:]
        except OSError:
            continue
