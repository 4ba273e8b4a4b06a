"""The connections of this machine, as the kernel lists them."""

from __future__ import annotations

from collections.abc import Iterator

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
ESTABLISHED = "01"  # as the kernel numbers it


def clients_of(port: int) -> int:
    """Return how many programs of this machine are connected to one of its ports.

    Those whose connection was ended from the other side do not count, nor does anything where the
    kernel has no such list.

    Source: proc_net_tcp(5); each line has the local address, the remote one and the state.
    """
    return sum(
        line[3] == ESTABLISHED and int(line[2].rpartition(":")[2], 16) == port for line in lines()
    )


def lines() -> Iterator[list[str]]:
    """Yield the fields of each connection."""
    for path in TABLES:
        try:
            with open(path, encoding="ascii") as table:
                yield from [line.split() for line in table][1:]
        except OSError:
            continue
