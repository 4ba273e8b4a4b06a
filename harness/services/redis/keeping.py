"""The keys of a database, kept and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SCAN_COUNT = 1000
BATCH = 1000  # keys that are read or brought back at once
NO_END = 0  # of a key, as RESTORE takes it


def matching(session: Any, pattern: str = "*") -> Iterator[bytes]:
    """Yield the keys that match a pattern, some perhaps more than once."""
    cursor = b"0"
    while True:
        cursor, some = session.ask("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT)
        yield from some
        if cursor == b"0":
            return


class KeptKeys:
    """The keys of a database as they are now: values, and how long they live from here on.

    Args:
        session: A session on the database.
    """

    def __init__(self, session: Any) -> None:
        keys = list(set(matching(session)))
        starts = range(0, len(keys), BATCH)
        self._batches = [restoring(session, keys[at : at + BATCH]) for at in starts]

    def restore(self, session: Any) -> None:
        """Have these keys and no others."""
        session.ask("FLUSHDB")
        for commands, count in self._batches:
            session.ask_packed(commands, count)


def restoring(session: Any, keys: list[bytes]) -> tuple[bytes, int]:
    """Return the commands that bring keys back, packed, and how many they are."""
    left = session.ask_all(*[("PTTL", key) for key in keys])
    values = session.ask_all(*[("DUMP", key) for key in keys])
    commands = [
        ("RESTORE", key, NO_END if end < 0 else max(1, end), value)
        for key, end, value in zip(keys, left, values, strict=True)
        if value is not None  # it has not ended while it was read
    ]
    return session.pack(*commands), len(commands)
