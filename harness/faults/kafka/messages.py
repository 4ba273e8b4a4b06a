"""Kafka's messages, as far as it takes to put other addresses into what a broker answers.

Source: Kafka's protocol guide. A message is its size in 4 bytes, then so many bytes. A request
begins with the number of its kind (2 bytes), a version (2) and a number of its own (4), with which
its answer begins. A text follows its length, in 2 bytes, or, in the newer "compact" form, one more
than that as a varint. A port, after the text of its host, has 4 bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Address: TypeAlias = tuple[str, int]

SIZE = 4
ASKING = frozenset({3, 10, 60})  # Metadata, FindCoordinator, DescribeCluster
REQUEST_HEAD, ANSWER_HEAD = 8, 4


class Messages:
    """Finds in a stream where messages begin and end.

    Args:
        head: How many bytes of a message are needed to tell what it is.
    """

    def __init__(self, head: int) -> None:
        self._head = head
        self._held = b""
        self._left = 0

    def pieces(self, data: bytes) -> Iterator[tuple[bytes, bool, bool]]:
        """Yield what has come piece by piece, each with whether a message begins and ends with it.

        The beginning of a message is kept until it has a head.
        """
        data, self._held, at = self._held + data, b"", 0
        while at < len(data):
            begins = not self._left
            if begins:
                self._left = SIZE + int.from_bytes(data[at : at + SIZE])
                if len(data) - at < min(SIZE + self._head, self._left):
                    self._held, self._left = data[at:], 0
                    return
            piece = data[at : at + self._left]
            at, self._left = at + len(piece), self._left - len(piece)
            yield piece, begins, not self._left


class Conversation:
    """One connection of a client to a broker, whose answers tell other addresses than its own.

    Args:
        addresses: What to tell instead of which address.
    """

    def __init__(self, addresses: Mapping[Address, Address]) -> None:
        self._texts = dict(pair for old, new in addresses.items() for pair in texts(old, new))
        self._requests = Messages(REQUEST_HEAD)
        self._answers = Messages(ANSWER_HEAD)
        self._asked: set[bytes] = set()  # the numbers of requests for addresses
        self._kept: list[bytes] | None = None  # of an answer to one of them

    def request(self, data: bytes) -> bytes:
        """Return what the broker is to be sent: the same."""
        for piece, begins, _ in self._requests.pieces(data):
            if begins and int.from_bytes(piece[SIZE : SIZE + 2]) in ASKING:
                self._asked.add(piece[SIZE + 4 : SIZE + REQUEST_HEAD])
        return data

    def answer(self, data: bytes) -> bytes:
        """Return what the client is to be sent; what tells addresses only when it is whole."""
        return b"".join(itertools.starmap(self._answered, self._answers.pieces(data)))

    def _answered(self, piece: bytes, begins: bool, ends: bool) -> bytes:
        if begins and (number := piece[SIZE : SIZE + ANSWER_HEAD]) in self._asked:
            self._asked.discard(number)
            self._kept = []
        if self._kept is None:
            return piece
        self._kept.append(piece)
        if not ends:
            return b""
        whole, self._kept = b"".join(self._kept), None
        return self._readdressed(whole)

    def _readdressed(self, message: bytes) -> bytes:
        body = message[SIZE:]
        for old, new in self._texts.items():
            body = body.replace(old, new)
        return len(body).to_bytes(SIZE) + body


def texts(old: Address, new: Address) -> Iterator[tuple[bytes, bytes]]:
    """Yield how an address is written in each of the two forms, and how the other one is."""
    yield plain(old), plain(new)
    yield compact(old), compact(new)


def plain(address: Address) -> bytes:
    r"""Return an address as older messages have it.

    Example:
        >>> plain(("a.b", 9092))
        b'\x00\x03a.b\x00\x00#\x84'
    """
    host, port = address[0].encode(), address[1]
    return len(host).to_bytes(2) + host + port.to_bytes(4)


def compact(address: Address) -> bytes:
    r"""Return an address as newer messages have it.

    Example:
        >>> compact(("a.b", 9092))
        b'\x04a.b\x00\x00#\x84'
    """
    host, port = address[0].encode(), address[1]
    return varint(len(host) + 1) + host + port.to_bytes(4)


def varint(number: int) -> bytes:
    r"""Return a number with seven bits in each byte, the lowest first.

    Example:
        >>> varint(4), varint(200)
        (b'\x04', b'\xc8\x01')
    """
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7)
