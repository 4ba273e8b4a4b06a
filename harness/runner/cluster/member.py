"""A worker on a machine of a cluster, as the coordinator sees it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from harness.runner.channel import BLOCK, Message
from harness.runner.cluster.stream import Stream

Kept = tuple[str, int, str]


class RemoteMember:
    """A worker that is reached through Dask.

    What comes from there comes in a thread of Dask's; the coordinator takes it in its own.

    Args:
        number: Which worker it is.
        address: Of the Dask worker that it is under.
        submit: Has the Dask worker pass a message on to it.
        give_up: Gives it up, whatever it is doing: in order, or at once.

    Attributes:
        kept: Where it writes, and which process it is; None until that is known.
    """

    def __init__(
        self,
        number: int,
        address: str,
        submit: Callable[[RemoteMember, Message], None],
        give_up: Callable[[RemoteMember, bool], None],
    ) -> None:
        self.number = number
        self.address = address
        self.kept: Kept | None = None
        self._submit = submit
        self._give_up = give_up
        self._stream = Stream()
        self._inbox: deque[Message] = deque()
        self._how: str | None = None
        self._over = threading.Event()
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)

    @property
    def host(self) -> str:
        """The machine that it is on, as the cluster knows it."""
        return host_of(self.address)

    def fileno(self) -> int:
        """Return what a selector finds readable when there is something to receive."""
        return self._ours.fileno()

    def send(self, **message: Any) -> None:
        """Send a message."""
        self._submit(self, message)

    def receive(self) -> list[Message] | None:
        """Return the messages that have come; None at the end."""
        with contextlib.suppress(BlockingIOError):
            self._ours.recv(BLOCK)
        over = self._over.is_set()  # before the last look: nothing comes after it
        found = []
        while self._inbox:
            found.append(self._inbox.popleft())
        return None if over and not found else found

    def read(self) -> bytes:
        """Return what it has written down since the last time."""
        return self._stream.take()

    def gone(self) -> bool:
        """Return whether it has ended."""
        return self._over.is_set()

    def end(self, patience: float) -> str:
        """Wait for its end, and return how it ended; empty if in order."""
        if not self._over.wait(patience):
            self.kill()
        self._ours.close()
        self._theirs.close()
        return f"{self._how}, on {self.address}" if self._how else ""

    def interrupt(self) -> None:
        """Have it end what it is doing, as Ctrl-C does."""
        self._give_up(self, False)

    def kill(self) -> None:
        """Have it end at once."""
        self._give_up(self, True)

    def heard(self, event: Mapping[str, Any]) -> None:
        """Take what was told of it."""
        if "kept" in event:
            self.kept = event["kept"]
        if "data" in event:
            self._stream.add(event["at"], event["data"])
        self._inbox.extend(event.get("said", ()))
        if "end" in event:
            self.ended(event["end"])
        elif "said" in event:
            self._wake()

    def ended(self, how: str) -> None:
        """Note that it has ended; what is told of it later is of no use."""
        if not self._over.is_set():
            self._how = how
            self._over.set()
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full, which wakes as well; or nobody listens any more
            self._theirs.send(b"!")


def host_of(address: str) -> str:
    """Return the machine of a Dask worker.

    Example:
        >>> host_of("tls://10.0.0.5:4321")
        '10.0.0.5'
    """
    return address.partition("://")[2].rpartition(":")[0]
