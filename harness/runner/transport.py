"""What runs tests, as the coordinator sees it: processes of this machine, or of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from harness.runner.channel import Message


class Member(Protocol):
    """A worker.

    Attributes:
        number: Which one it is, from 1.
    """

    number: int

    def fileno(self) -> int:
        """Return the number by which a selector knows whether it has sent something."""

    def send(self, **message: Any) -> None:
        """Send it a message.

        Raises:
            OSError: It is not there any more.
        """

    def receive(self) -> list[Message] | None:
        """Return messages that came, of which there is one at least; None when it has ended."""

    def read(self) -> bytes:
        """Return what it has told of tests since the last time: lines of `events`.

        All of it is there as soon as `receive` says that it has ended.
        """

    def gone(self) -> bool:
        """Return whether it has ended, though something that it has started may still be there."""

    def interrupt(self) -> None:
        """Have it end what it is doing, as Ctrl-C does."""

    def kill(self) -> None:
        """Have it end at once."""

    def end(self, patience: float) -> str:
        """Wait for its end, and return how it ended; empty if in order.

        Args:
            patience: Seconds after which it is killed.
        """


class Transport(Protocol):
    """Where workers come from."""

    def wanted(self) -> int:
        """Return how many workers there may be by now.

        Raises:
            ClusterError: There are none, and there is no hope for any.
        """

    def hire(self, number: int, others: Sequence[Member]) -> Member:
        """Start a worker.

        Args:
            number: Which one it is.
            others: Those that there are.
        """

    def close(self) -> None:
        """Give back what was opened for them."""
