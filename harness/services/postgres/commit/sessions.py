"""The sessions of a database that are kept from one test to the next."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.core.endpoint import Endpoint
from harness.services.postgres.commit.session import CommitSession, open_session
from harness.services.postgres.connect import driver

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance


class Sessions:
    """The sessions of one database, each kept for one use.

    Args:
        instance: The server.
        name: The database.
    """

    def __init__(self, instance: PostgresInstance, name: str) -> None:
        self._instance = instance
        self._name = name
        self._kept: dict[str, CommitSession] = {}
        self._endpoints: dict[str, Endpoint] = {}

    def get(self, use: str, endpoint: Endpoint) -> CommitSession:
        """Return the session for a use, kept from the last test or opened now.

        Args:
            use: What it is for.
            endpoint: Where to connect.
        """
        kept = self._kept.get(use)
        if kept is None or kept.is_lost or self._endpoints[use] != endpoint:
            if kept is not None:
                kept.hang_up()
            self._kept[use] = open_session(endpoint, self._name)
            self._endpoints[use] = endpoint
        return self._kept[use]

    def keep(self, use: str, session: CommitSession) -> None:
        """Keep a session for the next test."""
        self._kept[use] = session

    @property
    def uses(self) -> list[str]:
        """The uses for which there is one."""
        return list(self._kept)

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's processes of those that are open."""
        return tuple(session.pid for session in self._kept.values() if not session.is_lost)

    def check(self) -> None:
        """Give up those that a test has ended."""
        for session in self._kept.values():
            session.check()

    @contextlib.contextmanager
    def opening(self, uses: list[str]) -> Iterator[None]:
        """Open sessions for the next test beside what is done in this block."""
        threads = [threading.Thread(target=self._open, args=[use]) for use in uses]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def _open(self, use: str) -> None:
        with contextlib.suppress(driver().Error, OSError):  # told to whoever needs it
            self.get(use, self._endpoints[use])

    def close(self) -> None:
        """Close them all."""
        kept, self._kept = self._kept, {}
        for session in kept.values():
            session.hang_up()
