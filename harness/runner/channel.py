"""Messages between the coordinator and a worker: JSON, a line each, over a socket."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]

BLOCK = 1 << 18


class Channel:
    """One end of a connection between the coordinator and a worker.

    Tests cannot disturb it: it is no standard stream. Threads of a test may send at once.

    Args:
        own: The socket.
    """

    def __init__(self, own: socket.socket) -> None:
        self._own = own
        self._rest = b""
        self._lock = threading.Lock()

    def fileno(self) -> int:
        """Return the number by which a selector knows it."""
        return self._own.fileno()

    def send(self, **message: Any) -> None:
        """Send a message.

        Raises:
            OSError: Nobody is there any more.
        """
        data = json.dumps(message).encode() + b"\n"
        with self._lock:
            self._own.sendall(data)

    def receive(self) -> list[Message] | None:
        """Wait for messages, and return those that came; None at the end.

        A line that is none, as of a process that broke off in the middle, counts as the end.
        """
        try:
            data = self._own.recv(BLOCK)
        except OSError:
            return None
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            return None

    def close(self) -> None:
        """Close it."""
        self._own.close()


def pair() -> tuple[Channel, Channel]:
    """Return the two ends of a new connection."""
    one, other = socket.socketpair()
    return Channel(one), Channel(other)
