"""What goes through a chain of toxics."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What an event is, the gentlest end of a stream first."""

    DATA = 0
    EOF = 1  # one direction ends; the other goes on
    CLOSE = 2  # the connection ends in order
    RESET = 3  # the connection ends as after a crash


class Event(NamedTuple):
    """Some bytes, or the end of them, on their way in one direction.

    Attributes:
        due: When it may go on, in seconds.
        kind: What it is.
        data: The bytes.
        read: When they were read, moved on by every latency they have waited for.
        offset: How many bytes of that direction came before them.
    """

    due: float
    kind: Kind
    data: bytes = b""
    read: float = 0.0
    offset: int = 0
