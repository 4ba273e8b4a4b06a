"""The bytes that a worker writes down, put together again from pieces that carry their place."""

from __future__ import annotations


class Stream:
    r"""Takes pieces in order, some of them twice, and gives out each byte once.

    What a lost machine's worker had written comes from where it was kept, all of it: the part that
    is known already is left out.

    Example:
        >>> stream = Stream()
        >>> stream.add(0, b"s1\np1 0.1\n")
        >>> stream.add(3, b"p1 0.1\ns2\n")
        >>> stream.take()
        b's1\np1 0.1\ns2\n'
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._end = 0

    def add(self, at: int, data: bytes) -> None:
        """Take a piece.

        Args:
            at: How many bytes there were before it, since the beginning.
            data: It. After a gap it is of no use: nobody knows what it is in the middle of.
        """
        known = self._end - at
        if 0 <= known < len(data):
            self._pieces.append(data[known:])
            self._end = at + len(data)

    def take(self) -> bytes:
        """Return what has come since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
