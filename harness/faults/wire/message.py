"""A message of a protocol, and what cuts a stream of bytes into messages."""

from __future__ import annotations

from typing import NamedTuple, Protocol

SHOWN = 60  # characters of a statement


class Message(NamedTuple):
    """One message.

    Attributes:
        kind: Its name in the protocol, such as `Query`.
        data: All its bytes.
        text: The statement or command that it belongs to, if any.
        form: What of that is the same each time; empty where only literals differ.
    """

    kind: str
    data: bytes
    text: str = ""
    form: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {shortened(self.text)!r}" if self.text else self.kind


class Conversation(Protocol):
    """What the two ends of one connection say, cut into messages.

    Attributes:
        opaque: Whether nothing can be read any more, as after TLS has begun: bytes go unread.
    """

    opaque: bool

    def sent(self, data: bytes) -> list[Message]:
        """Take bytes of the client, and return the messages that they complete."""

    def answered(self, data: bytes) -> list[Message]:
        """Take bytes of the server, and return the messages that they complete."""

    def is_end(self, message: Message) -> bool:
        """Tell whether a message of the server ends an answer, or a part of one."""


def shortened(text: str) -> str:
    r"""Return a statement on one line that is not too long.

    Example:
        >>> shortened("insert into t\n  values (1)")
        'insert into t values (1)'
    """
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."
