"""Looking at what a test left on its database, in one round trip."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.services.redis.clients import Client, all_plain, read_clients
from harness.services.redis.connect import Session

BLOCKED = re.compile(rb"\nblocked_clients:(\d+)")
STATS = ("INFO", "commandstats")
NOTHING = ("ECHO", "")  # asked in place of what is not wanted


@dataclass(frozen=True)
class Sight:
    """What a test left, at one look.

    Attributes:
        size: Number of keys.
        busy: Whether somebody may be blocked or subscribed on the database.
        own: The connections of the test's client, where one of them is not as it was opened.
        stats: How often the server ran which command; empty where that was not asked.
    """

    size: int
    busy: bool
    own: list[Client]
    stats: bytes


class Inspector:
    """The question that is asked after each test on one database.

    Args:
        database: Number of the database.
        user: Whom connections log in as.
        stats: Whether to ask which commands were run.
        flush: Whether to empty the database by the way.
    """

    def __init__(self, database: int, user: str, stats: bool, flush: bool) -> None:
        self._database = database
        self._user = user
        self._stats = STATS if stats else NOTHING
        self._flush = ("FLUSHDB",) if flush else NOTHING
        self._asked: tuple[int, ...] = ()
        self._question = b""

    def look(self, session: Session, numbers: tuple[int, ...]) -> Sight:
        """Ask a server.

        Args:
            session: Our connection, with the database selected.
            numbers: The server's numbers for the connections of the test's client.
        """
        if numbers != self._asked or not self._question:
            self._asked, self._question = numbers, session.pack(*self._commands(numbers))
        size, clients, subscribers, stats, own, _ = session.ask_packed(self._question, 6)
        plain = all_plain(own, self._database, self._user)
        return Sight(
            size=size,
            busy=has_blocked(clients) or self._subscribed(subscribers),
            own=[] if plain else read_clients(own),
            stats=stats,
        )

    def _commands(self, numbers: tuple[int, ...]) -> list[tuple[object, ...]]:
        return [
            ("DBSIZE",),
            ("INFO", "clients"),
            ("CLIENT", "LIST", "TYPE", "pubsub"),
            self._stats,
            ("CLIENT", "LIST", "ID", *numbers) if numbers else NOTHING,
            self._flush,
        ]

    def _subscribed(self, listing: bytes) -> bool:
        return any(client.database == self._database for client in read_clients(listing))


def has_blocked(info: bytes) -> bool:
    """Tell whether any client of the server waits in a command such as BLPOP.

    Args:
        info: The answer to `INFO clients`.
    """
    match = BLOCKED.search(info)
    return match is None or int(match[1]) > 0
