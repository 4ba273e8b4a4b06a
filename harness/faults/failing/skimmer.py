"""What is kept of a client's bytes while nothing is to fail: what it has prepared."""

from __future__ import annotations

PARSE = ord("P")
HEAD = 5  # bytes: a letter and a length, which does not count the letter


class Skimmer:
    """What passes over the bytes of a client of PostgreSQL, quickly.

    Attributes:
        prepared: The last Parse of each name, whole.
        begun: What has come of a message whose end matters.
        missing: Bytes to come of one that does not.
    """

    def __init__(self) -> None:
        self.prepared: dict[bytes, bytes] = {}
        self.begun = b""
        self.missing = 0

    def skim(self, data: bytes) -> None:
        """Take bytes of the client."""
        data, self.begun = self.begun + data, b""
        at, end = self.missing, len(data)
        while at + HEAD <= end:
            after = at + 1 + int.from_bytes(data[at + 1 : at + HEAD], "big")
            if data[at] == PARSE:
                if after > end:
                    break
                name = data[at + HEAD : data.index(0, at + HEAD)]
                self.prepared[name] = data[at:after]
            at = after
        self.begun, self.missing = data[at:], max(0, at - end)
