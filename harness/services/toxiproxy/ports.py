"""Where proxies may listen, and where they are reached from here."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

from harness.core.endpoint import Endpoint, is_loopback
from harness.core.instance import Running
from harness.core.order import DOCKER
from harness.errors import StartError
from harness.providers.embedded import LOOPBACK, quiet_ports
from harness.services.options import HIGHEST_PORT
from harness.services.readiness import Reachable

Reach: TypeAlias = Callable[[int], tuple[str, int]]

EVERYWHERE = "0.0.0.0"


@dataclass(frozen=True)
class Ports:
    """Where the proxies of a server may listen.

    Attributes:
        host: The address inside.
        numbers: The ports that are reached from here; empty for any.
        reach: Returns where a port is reached from here.
        loopback: Whether a proxy may lead to this machine's loopback.
    """

    host: str
    numbers: tuple[int, ...]
    reach: Reach
    loopback: bool

    def addresses(self, wanted: int = 0) -> Iterator[str]:
        """Yield addresses to try, one after another, until one is free.

        Args:
            wanted: A port to try first; 0 for none.
        """
        numbers = (*quiet_ports(), 0) if not self.numbers else shuffled(self.numbers)
        for number in (*([wanted] if wanted else []), *numbers):
            yield f"{self.host}:{number}"


def shuffled(numbers: tuple[int, ...]) -> list[int]:
    """Return numbers in another order for each: who asks first for the same one would wait."""
    return random.SystemRandom().sample(numbers, len(numbers))


def ports_of(provider: str, running: Running, published: tuple[int, ...]) -> Ports:
    """Return where the proxies of a server may listen.

    Args:
        provider: Where it runs.
        running: The server.
        published: The ports that a container of ours publishes; none if it is on this machine's
            own network.

    Raises:
        StartError: The URL of an external one names no ports.
    """
    host = running.endpoint.host
    if provider == DOCKER and published:
        return Ports(EVERYWHERE, published, cast(Reachable, running).address, loopback=False)
    named = named_ports(running.endpoint)
    if named:
        return Ports(EVERYWHERE, named, lambda port: (host, port), loopback=False)
    if is_loopback(host):
        return Ports(LOOPBACK, (), lambda port: (LOOPBACK, port), loopback=True)
    return Ports(EVERYWHERE, (), lambda port: (host, port), loopback=False)


def named_ports(endpoint: Endpoint) -> tuple[int, ...]:
    """Return the ports that a URL names, as in `http://127.0.0.1:8474?ports=8666-8675`.

    Raises:
        StartError: It names none that are.
    """
    text = dict(endpoint.options).get("ports", "")
    first, dash, last = text.partition("-")
    last = last if dash else first
    if not text:
        return ()
    if first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last) <= HIGHEST_PORT:
        return tuple(range(int(first), int(last) + 1))
    raise StartError(
        f"TOXIPROXY_URL names the ports {text!r}, which are none",
        hint="end the URL with ?ports=8666-8675, or leave that out",
    )
