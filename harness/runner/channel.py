"""Messages between the coordinator and a worker: a mark and JSON, a line each, over a socket."""

from __future__ import annotations

import errno
import os
import threading
from _socket import socket, socketpair  # what `socket` puts around it takes three milliseconds
from json import dumps, loads  # by name: tests put others in their places
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]

BLOCK = 1 << 18
MARK = b"harness "  # what a test writes to all descriptors may be JSON, too


class Channel:
    """One end of a connection between the coordinator and a worker.

    It is no standard stream, which tests write to and close. One that closes all its files is no
    harm either: what is opened next, and has its number, is not taken for it. Threads of a test may
    send at once.

    Args:
        own: The socket.
    """

    def __init__(self, own: socket) -> None:
        self._own = own
        self._inode = os.fstat(own.fileno()).st_ino
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
        data = MARK + dumps(message).encode() + b"\n"
        with self._lock:
            self._check()
            self._own.sendall(data)

    def receive(self) -> list[Message] | None:
        """Wait for messages, and return those that came; None at the end.

        A line that is none, as of a process that broke off in the middle, counts as the end.
        """
        try:
            self._check()
            data = self._own.recv(BLOCK)
        except OSError:
            return None
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            return [message_of(line) for line in lines]
        except ValueError:
            return None

    def _check(self) -> None:
        if os.fstat(self._own.fileno()).st_ino != self._inode:
            raise OSError(errno.EBADF, "somebody has closed the connection to harness")

    def close(self) -> None:
        """Close it; not what somebody else has opened under its number."""
        try:
            self._check()
        except OSError:
            self._own.detach()
        self._own.close()


def message_of(line: bytes) -> Message:
    """Return the message of a line.

    Raises:
        ValueError: It is none.
    """
    if not line.startswith(MARK):
        raise ValueError(line)
    message: Message = loads(line[len(MARK) :])
    return message


def pair() -> tuple[Channel, Channel]:
    """Return the two ends of a new connection."""
    one, other = socketpair()
    return Channel(one), Channel(other)
