"""Bytes of one direction that are passed on message by message, or as they come."""

from __future__ import annotations

from collections.abc import Callable

from harness.faults.wire.message import Message


class Passage:
    """One direction of a connection.

    Args:
        cut: Cuts bytes into the messages that they complete.
    """

    def __init__(self, cut: Callable[[bytes], list[Message]]) -> None:
        self._cut = cut
        self._held = bytearray()  # of the message that has begun
        self._ahead = 0  # bytes of it that went on before
        self._unread = 0  # bytes to come that belong to no message of ours

    @property
    def is_empty(self) -> bool:
        """Whether no message has begun."""
        return not (self._held or self._ahead or self._unread)

    def join(self, begun: bytes, missing: int) -> None:
        """Begin in the middle of what somebody else has passed on.

        Args:
            begun: What went on of a message that is to be read.
            missing: How many bytes are to come of one that is not.
        """
        self._cut(begun)
        self._ahead, self._unread = len(begun), missing

    def release(self) -> bytes:
        """Return what is held back, which nobody can read."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def flow(self, data: bytes) -> bytes:
        """Pass bytes on as they come; return them, and before them what was held back."""
        raw, data = self._split(data)
        complete = sum(len(message.data) for message in self._cut(data))
        passed = self.release() + data
        self._ahead += len(passed) - complete
        return raw + passed

    def step(self, data: bytes, change: Callable[[Message], bytes]) -> bytes:
        """Pass on the messages that are complete.

        Args:
            data: The bytes that came.
            change: Returns what goes on in place of a message.
        """
        raw, data = self._split(data)
        passed, at = [raw], 0
        self._held += data
        for message in self._cut(data):
            size = len(message.data) - self._ahead
            rest = bytes(self._held[at : at + size]) if self._ahead else change(message)
            passed.append(rest)
            at, self._ahead = at + size, 0
        del self._held[:at]
        return b"".join(passed)

    def _split(self, data: bytes) -> tuple[bytes, bytes]:
        """Return the bytes that belong to no message of ours, and the rest."""
        raw, rest = data[: self._unread], data[self._unread :]
        self._unread -= len(raw)
        return raw, rest
