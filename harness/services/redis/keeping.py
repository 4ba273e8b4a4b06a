"""The keys of a database, kept and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SCAN_COUNT = 1000
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
        self._keys = {
            key: (session.ask("PTTL", key), session.ask("DUMP", key))
            for key in set(matching(session))
        }

    def restore(self, session: Any) -> None:
        """Have these keys and no others."""
        session.ask("FLUSHDB")
        for key, (left, value) in self._keys.items():
            if value is not None:  # it has not ended while it was read
                session.ask("RESTORE", key, max(NO_END, left), value)
