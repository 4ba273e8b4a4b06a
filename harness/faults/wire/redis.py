r"""The messages of Redis: commands, and replies of RESP2 and RESP3.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
        self._requests = Unread()
        self._responses = Unread()

    def sent(self, data: bytes) -> list[Message]:
        """Take bytes of the client, and return the commands that they complete.

        Keys and values may be other ones each time, as the token of a lock is.
        """
        return self._whole(
            self._requests, data, lambda raw: command(raw)._replace(form=first_line(raw))
        )

    def answered(self, data: bytes) -> list[Message]:
        """Take bytes of the server, and return the replies that they complete."""
        return self._whole(self._responses, data, lambda raw: Message(named(raw), raw))

    def is_end(self, message: Message) -> bool:
        """Tell whether a message of the server ends an answer: all do that nobody pushes."""
        return message.kind != PUSH

    def _whole(
        self, unread: Unread, data: bytes, read: Callable[[bytes], Message]
    ) -> list[Message]:
        """Return the messages that some bytes complete."""
        found: list[Message] = []
        try:
            for raw in unread.whole(data) if not self.opaque else ():
                found.append(read(raw))
        except ValueError:
            self.opaque = True
        return found


class Unread:
    """Bytes of one side that are no whole message yet, and how far they were read."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._at, self._missing = 0, 1

    def whole(self, data: bytes) -> Iterator[bytes]:
        """Yield the messages that some bytes complete.

        Raises:
            ValueError: They are no RESP.
        """
        self._data += data
        while self._is_whole():
            taken = bytes(self._data[: self._at])
            del self._data[: self._at]
            self._at, self._missing = 0, 1
            yield taken

    def _is_whole(self) -> bool:
        self._at, self._missing = read_on(self._data, self._at, self._missing)
        return not self._missing


def read_on(buffer: bytes | bytearray, at: int, missing: int) -> tuple[int, int]:
    r"""Read the values of a message, as far as they have come.

    Args:
        buffer: The bytes.
        at: Where the first of them begins.
        missing: How many there are to be; the head of a list is one, and adds its members.

    Returns:
        Where the first one begins that is not complete, and how many are missing.

    Raises:
        ValueError: These bytes are no RESP.

    Example:
        >>> read_on(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n+OK", 0, 1), read_on(b"$3\r\nGE", 0, 1)
        ((20, 0), (0, 1))
    """
    while missing:
        line = buffer.find(END, at)
        if line < 0:
            break
        size, members = extent(buffer[at], buffer[at + 1 : line])
        end = line + len(END) + size
        if end > len(buffer):
            break
        at, missing = end, missing - 1 + members
    return at, missing


def extent(kind: int, number: bytes | bytearray) -> tuple[int, int]:
    """Return how many bytes follow the first line of a value, and how many values are in it.

    Raises:
        ValueError: It is no RESP.
    """
    if kind in LINES:
        return 0, 0
    count = int(number)
    if kind in BULKS:
        return (count + len(END) if count >= 0 else 0), 0
    if kind in LISTS:
        return 0, max(0, count)
    if kind in PAIRS:
        return 0, 2 * count + (kind == ord("|"))  # an attribute comes before a value
    raise ValueError(f"no RESP: {chr(kind)!r}")


def first_line(raw: bytes) -> str:
    """Return the first line of a message: of a command, how many words it has."""
    return raw[: raw.index(END)].decode("ascii", "backslashreplace")


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
