"""Advisory locks: claims on a server that it drops itself when their holder dies."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import StartTimeoutError
from harness.services.postgres.activity import Session
from harness.services.postgres.admin import Admin
from harness.services.postgres.connect import ADMIN_TIMEOUT, driver, sqlstate
from harness.services.postgres.databases import Databases

LOCK_NOT_AVAILABLE = "55P03"
# A session is to last as long as its process, and not longer: a machine that was switched off
# closes no connection, so the server asks.
KEEPALIVE = "set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10"
HAS_IDLE_TIMEOUT = 140000  # server_version_num


class Locks(Admin):
    """The advisory locks that this process holds, on a connection that does nothing else.

    A lost connection is replaced, and what it held is taken again.

    Args:
        databases: Those of the server.
        within: Seconds to wait for a lock.
    """

    def __init__(self, databases: Databases, within: float) -> None:
        super().__init__(databases.endpoint, named("holding"), within + ADMIN_TIMEOUT)
        self._settings = settings(databases, within)
        self._held: dict[int, str] = {}
        self._sessions = 0

    def _connect(self) -> Any:
        connection = super()._connect()
        try:
            connection.execute_simple(self._settings)
            for number, mode in self._held.items():
                connection.execute_simple(f"select pg_advisory_lock{mode}({number})")
        except BaseException:
            connection.close()
            raise
        self._sessions += 1
        return connection

    def hold(self, number: int, *, shared: bool = False) -> None:
        """Take a lock, alone or with others.

        Raises:
            pg8000.dbapi.DatabaseError: Somebody else has it, and does not give it up in time.
        """
        mode = "_shared" if shared else ""
        with self._lock:
            self.execute(f"select pg_advisory_lock{mode}({number})")
            self._held[number] = mode

    def check(self) -> bool:
        """Take all locks again where the connection was lost; tell whether it was."""
        with self._lock:
            before = self._sessions
            self.execute("select 1")
            return self._sessions != before

    def release(self, number: int) -> None:
        """Give a lock up."""
        with self._lock:
            mode = self._held.pop(number)
            try:
                if self._connection is not None:
                    self._send(f"select pg_advisory_unlock{mode}({number})")
            except (driver().Error, OSError):
                pass  # the connection was lost, and the lock with it


def named(does: str) -> str:
    """Return the name by which others see a connection of this process that holds locks."""
    return f"harness {does}, process {os.getpid()} on {socket.gethostname()}"


def settings(databases: Databases, within: float) -> str:
    """Return the statements that a session which is to hold locks begins with.

    Args:
        databases: Those of the server.
        within: Seconds to wait for a lock.
    """
    statements = [KEEPALIVE, f"set lock_timeout = {max(1, round(within * 1000))}"]
    if databases.server_version >= HAS_IDLE_TIMEOUT:
        statements.append("set idle_session_timeout = 0")
    return "; ".join(statements)


@contextmanager
def alone(databases: Databases, number: int) -> Iterator[bool]:
    """Take a lock for the time of a block if nobody else has it; yield whether we have it."""
    ours = bool(databases.rows(f"select pg_try_advisory_lock({number})")[0][0])
    try:
        yield ours
    finally:
        if ours:
            databases.execute(f"select pg_advisory_unlock({number})")


@contextmanager
def turn(databases: Databases, name: str, number: int, within: float) -> Iterator[Databases]:
    """Wait for our turn to build a database that many may want to build.

    Args:
        databases: The server's databases.
        name: Of the database.
        number: Of the lock of whoever builds it.
        within: Seconds to wait.

    Yields:
        The same, over the connection that has the lock: when the lock is free, the server has
        ended all that was done there, also for one that was killed.

    Raises:
        StartTimeoutError: Somebody else has not ended in time; with who that is, and what it does.
    """
    admin = Admin(databases.endpoint, named("building"), within + ADMIN_TIMEOUT, replaced=False)
    try:
        admin.execute(settings(databases, within))
        wait(admin, databases, name, number, within)
        yield databases.over(admin)
    finally:
        admin.close()


def wait(admin: Admin, databases: Databases, name: str, number: int, within: float) -> None:
    """Take a lock alone, or say who has it."""
    try:
        admin.execute(f"select pg_advisory_lock({number})")
        admin.execute("set lock_timeout = 0")
    except driver().DatabaseError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise hangs(databases, name, holders(databases, number), within) from error


def holders(databases: Databases, number: int) -> list[Session]:
    """Return the sessions that have an advisory lock."""
    rows = databases.rows(
        "select a.pid, a.application_name, coalesce(a.state, ''), coalesce(a.query, '') "
        "from pg_locks l join pg_stat_activity a using (pid) "
        "where l.locktype = 'advisory' and l.granted and l.objsubid = 1 "
        "and l.database = (select oid from pg_database where datname = current_database()) "
        f"and (l.classid::bigint << 32 | l.objid::bigint) = {number}"
    )
    return [Session(*row) for row in rows]


def hangs(
    databases: Databases, name: str, builders: list[Session], within: float
) -> StartTimeoutError:
    """Return the error for a template that another process does not get ready."""
    who = builders[0].application.partition(", ")[2] if builders else "another process"
    lines = [*builders, *databases.sessions(name)]
    return StartTimeoutError(
        f"{who} has been building the template {name} for more than {within:g} s",
        detail="\n".join(str(session) for session in lines),
        cause="its migrations take long, wait for a lock, or hang; the last line says what it does",
        hint="end that process, or set HARNESS_BUILD_TIMEOUT to more seconds than a build takes",
    )
