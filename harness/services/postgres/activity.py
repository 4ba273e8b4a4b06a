"""The sessions on the databases of a server: who they are, and their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.core import realtime as time
from harness.services.postgres.admin import Admin
from harness.services.postgres.names import literal

ENDING_TIMEOUT = 5.0
CLOSING = 0.02  # seconds that a session takes to end by itself
POLL = 0.0005


@dataclass(frozen=True)
class Session:
    """Another session on a database: who it is and what it did last."""

    pid: int
    application: str
    state: str
    query: str
    client_port: int = -1  # of its client's end; -1 for a Unix socket

    def __str__(self) -> str:
        name = self.application or "no application name"
        return f"pid {self.pid} ({name}, {self.state}), last query: {self.query or 'none'}"


class Activity:
    """A server over one connection of ours: statements, and the sessions that others have there.

    Args:
        admin: The connection.
    """

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction."""
        self._admin.execute(sql)

    def rows(self, sql: str) -> list[Any]:
        """Run one query and return its rows."""
        return self._admin.rows(sql)

    def abort(self) -> None:
        """Break the connection: whoever waits for its answer in another thread waits no longer."""
        self._admin.abort()

    def close(self) -> None:
        """Close the connection; one that the server has closed is closed all the same."""
        self._admin.close()

    def sessions(self, name: str, known: Iterable[int] = ()) -> list[Session]:
        """Return the client sessions on a database, without the known ones."""
        rows = self.rows(
            "select pid, application_name, coalesce(state, ''), coalesce(query, ''), "
            "coalesce(client_port, -1) " + users_of(name)
        )
        return [Session(*row) for row in rows if row[0] not in set(known)]

    def end_sessions(self, name: str, known: Iterable[int] = ()) -> None:
        """End the client sessions on a database that we may end, but for the known ones."""
        self.execute(
            f"select pg_terminate_backend(pid) {users_of(name)} and pid <> pg_backend_pid() "
            f"and pg_has_role(usesysid, 'member'){spared(known)}"
        )

    def end(self, pids: Iterable[int]) -> None:
        """End sessions by their server processes, and wait until they are gone."""
        numbers = ", ".join(map(str, pids))
        if not numbers:
            return
        there = f"from pg_stat_activity where pid in ({numbers})"
        self.execute(f"select pg_terminate_backend(pid) {there}")
        deadline = time.monotonic() + ENDING_TIMEOUT
        while self.rows(f"select 1 {there}") and time.monotonic() < deadline:
            time.sleep(POLL)

    def _clear(self, name: str) -> None:
        """End all sessions on a database; those that were closed end by themselves."""
        if not self.await_empty(name, within=CLOSING):
            self.end_sessions(name)
            self.await_empty(name)

    def await_empty(
        self, name: str, known: Iterable[int] = (), within: float = ENDING_TIMEOUT
    ) -> bool:
        """Wait until a database has no session but the known ones.

        Cloning or dropping it sleeps 100 ms where there is one. A session ends a moment after its
        connection was closed. Where one stays, what follows says who it is.

        Returns:
            Whether none is left.
        """
        deadline = time.monotonic() + within
        while self.rows(f"select 1 {users_of(name)}{spared(known)}"):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        return True


def users_of(name: str) -> str:
    """Return the clause that selects the sessions of users on a database.

    The server's own processes, such as a worker of the autovacuum, have no user: an ordinary role
    may not end them, and a drop does.
    """
    return f"from pg_stat_activity where datname = {literal(name)} and usesysid is not null"


def spared(known: Iterable[int]) -> str:
    """Return the condition that leaves out known processes of the server."""
    return "".join(f" and pid <> {pid}" for pid in known)
