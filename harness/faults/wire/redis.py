r"""The messages of Redis: commands, and replies of RESP2 and RESP3.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

from harness.faults.wire.message import Message

LINES = b"+-:_,#("  # types of one line
BULKS = b"$=!"  # with a length in bytes, and that many bytes
LISTS = b"*~>"  # with a number of members
PAIRS = b"%|"  # with a number of pairs
END = b"\r\n"
PRIVATE = ("AUTH", "HELLO", "ACL", "CONFIG", "MIGRATE")  # commands that may hold a password
BEFORE_SECRETS = ("AUTH", "AUTH2", "SETUSER", "REQUIREPASS", "MASTERAUTH")
PUSH = "Push"


class RedisConversation:
    """What is said on one connection to Redis.

    Attributes:
        opaque: Whether it is no RESP at all, as after TLS has begun.
    """

    def __init__(self) -> None:
        self.opaque = False
        self._requests = bytearray()
        self._responses = bytearray()

    def sent(self, data: bytes) -> list[Message]:
        """Take bytes of the client, and return the commands that they complete."""
        return [command(raw) for raw in self._whole(self._requests, data)]

    def answered(self, data: bytes) -> list[Message]:
        """Take bytes of the server, and return the replies that they complete."""
        return [Message(named(raw), raw) for raw in self._whole(self._responses, data)]

    def is_end(self, message: Message) -> bool:
        """Tell whether a message of the server ends an answer: all do that nobody pushes."""
        return message.kind != PUSH

    def _whole(self, buffer: bytearray, data: bytes) -> list[bytes]:
        """Return the messages that some bytes complete."""
        buffer += data
        found, begin = [], 0
        try:
            while not self.opaque and (end := end_of(buffer, begin)):
                found.append(bytes(buffer[begin:end]))
                begin = end
        except ValueError:
            self.opaque = True
        del buffer[:begin]
        return found


def end_of(buffer: bytes | bytearray, begin: int) -> int:
    r"""Return where a message ends; 0 if it is not complete.

    Raises:
        ValueError: These bytes are no RESP.

    Example:
        >>> end_of(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n+OK", 0), end_of(b"$3\r\nGE", 0)
        (20, 0)
    """
    at, missing = begin, 1  # values that are still to come
    while missing:
        line = buffer.find(END, at)
        if line < 0:
            return 0
        kind, number = buffer[at], buffer[at + 1 : line]
        missing -= 1
        at = line + len(END)
        if kind in BULKS:
            at += int(number) + len(END) if int(number) >= 0 else 0
        elif kind in LISTS:
            missing += max(0, int(number))
        elif kind in PAIRS:
            missing += 2 * int(number) + (kind == ord("|"))  # an attribute comes before a value
        elif kind not in LINES:
            raise ValueError(f"no RESP: {bytes(buffer[at : at + 20])!r}")
        if at > len(buffer):
            return 0
    return at


def command(raw: bytes) -> Message:
    r"""Return the message of a command.

    Example:
        >>> str(command(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"))
        "GET 'GET a'"
    """
    words = [word.decode("utf-8", "backslashreplace") for word in arguments(raw)]
    return Message(words[0].upper() if words else "", raw, " ".join(without_secrets(words)))


def without_secrets(words: list[str]) -> list[str]:
    """Return the words of a command up to where a password may follow.

    Example:
        >>> without_secrets(["HELLO", "3", "AUTH", "default", "secret"])
        ['HELLO', '3', 'AUTH', '...']
    """
    upper = [word.upper() for word in words]
    if upper[:1] and upper[0] in PRIVATE:
        for place, word in enumerate(upper):
            if word in BEFORE_SECRETS:
                return [*words[: place + 1], "..."]
    return words


def arguments(raw: bytes) -> list[bytes]:
    """Return the words of a command, each of which came with its length."""
    found, at = [], raw.index(END) + len(END)
    while at < len(raw):
        line = raw.index(END, at)
        begin = line + len(END)
        at = begin + int(raw[at + 1 : line])
        found.append(raw[begin:at])
        at += len(END)
    return found


def named(raw: bytes) -> str:
    """Return what a reply is called."""
    return {b">": PUSH, b"-": "Error", b"!": "Error"}.get(raw[:1], "Reply")
