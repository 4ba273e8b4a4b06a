"""What stands between the two ends of a connection and spoils what is to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.faults.failing.postgres import PostgresSpoiler
from harness.faults.failing.redis import RedisSpoiler
from harness.faults.failing.trigger import Triggers


class Spoiler(Protocol):
    """What passes the bytes of one connection on, and spoils some of them.

    Attributes:
        cut: Whether the connection is to be ended, after what was passed on.
    """

    cut: bool

    @property
    def opaque(self) -> bool:
        """Whether nothing can be read, as under TLS."""

    def sent(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what goes on to the server."""

    def answered(self, data: bytes) -> bytes:
        """Take bytes of the server, and return what goes on to the client."""


SPOILERS: dict[str, Callable[[Triggers], Spoiler]] = {
    "postgres": PostgresSpoiler,
    "redis": RedisSpoiler,
}


def spoiler_for(protocol: str, triggers: Triggers) -> Spoiler:
    """Return what spoils a new connection of a protocol."""
    return SPOILERS[protocol](triggers)
