"""Making, cloning and dropping the databases that tests work in."""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.core.endpoint import Endpoint
from harness.core.identity import is_dead, nonce, process_name, registry_id
from harness.core.settings import Settings
from harness.errors import ConfigurationError, LeakError, StartError
from harness.services.postgres.admin import Admin
from harness.services.postgres.connect import driver, message, sqlstate
from harness.services.postgres.marks import lock_number, signature
from harness.services.postgres.names import identifier, literal

ENDING_TIMEOUT = 5.0
CLOSING = 0.02  # seconds that a session takes to end by itself
POLL = 0.0005
LONGEST_NAME = 63  # bytes
NAME = re.compile(
    r"t_(?P<registry>[0-9a-f]{8})_[0-9a-f]{8}_(?P<process>\d+x\d*)_(?P<nonce>[0-9a-f]{6})\d+"
)
# The same to the server, of whatever registry and version.
OURS = "^t_[0-9a-f]{8}_([0-9a-f]{8}_[0-9]+x[0-9]*_|[0-9a-f]{16}_template)"
TEMPLATE_NAME = re.compile(r"t_(?P<registry>[0-9a-f]{8})_[0-9a-f]{16}_template")


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


class Databases:
    """The databases of one environment on one server.

    All work happens over one connection to the database that the endpoint names, which is
    itself never written.

    Args:
        endpoint: Where to connect, as a role that may create databases.
        settings: For the names.
        fast: Whether the server is ours and keeps nothing, so that cloning by file copy is faster.

    Attributes:
        lock: Number of the lock that whoever makes databases on somebody else's server holds.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings, fast: bool) -> None:
        check_length(endpoint.database)
        self.endpoint = endpoint
        self._settings = settings
        self._fast = fast
        self.registry = registry_id(settings)
        self._process = process_name()
        self._nonce = nonce()
        self._count = 0
        self._lock = threading.RLock()
        self._admin = Admin(endpoint)
        self.server_version = int(self.rows("show server_version_num")[0][0])
        self._signed = not fast
        self.lock = lock_number(f"{self._process}_{self._nonce}")
        copy = fast and self.server_version >= 150000
        self._strategy = " strategy file_copy" if copy else ""

    def another(self) -> Databases:
        """Return the same over a connection of its own, for another thread."""
        return Databases(self.endpoint, self._settings, self._fast)

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction."""
        self._admin.execute(sql)

    def rows(self, sql: str) -> list[Any]:
        """Run one query and return its rows."""
        return self._admin.rows(sql)

    def abort(self) -> None:
        """Break the connection: whoever waits for its answer in another thread waits no longer."""
        self._admin.abort()

    def over(self, admin: Admin) -> Databases:
        """Return the same databases, over another connection."""
        twin = copy.copy(self)
        twin._admin = admin
        return twin

    def new_name(self, key: str) -> str:
        """Return a name that no other database has: `t_<registry>_<key>_<process>_<nonce><n>`."""
        with self._lock:
            self._count += 1
            return f"t_{self.registry}_{key[:8]}_{self._process}_{self._nonce}{self._count}"

    def template_name(self, key: str) -> str:
        """Return the one name of a template: `t_<registry>_<key>_template`."""
        return f"t_{self.registry}_{key}_template"

    def lock_of(self, name: str) -> int | None:
        """Return the lock that tells whether a database of our registry is held, by its name."""
        if (made := NAME.fullmatch(name)) and made["registry"] == self.registry:
            return lock_number(f"{made['process']}_{made['nonce']}")
        if (template := TEMPLATE_NAME.fullmatch(name)) and template["registry"] == self.registry:
            return lock_number(name)
        return None

    def drop_orphans(self) -> list[str]:
        """Drop the databases of processes that have ended, on a server of ours alone.

        Returns:
            The names of those that were there.
        """
        rows = self.rows("select datname from pg_database")
        names = [match for row in rows if (match := NAME.fullmatch(row[0]))]
        orphans = [
            match[0]
            for match in names
            if match["registry"] == self.registry and is_dead(match["process"])
        ]
        for name in orphans:
            try:
                self.drop(name)
            except (LeakError, driver().DatabaseError):
                continue  # another process is at it, or the next one will be
        return orphans

    def create(self, name: str) -> None:
        """Make an empty database, in UTF-8, untouched by what the server's own template holds.

        Raises:
            StartError: The server does not let us.
        """
        self._create(name, "template template0 encoding 'UTF8'")

    def clone(self, template: str, name: str) -> None:
        """Make a database that equals a sealed one.

        Raises:
            StartError: The server does not let us.
        """
        self._create(name, f"template {identifier(template)}")

    def _create(self, name: str, options: str) -> None:
        limit = signature(name, self.endpoint.database) if self._signed else -1
        try:
            self.execute(
                f"create database {identifier(name)} {options}{self._strategy} "
                f"connection limit {limit}"
            )
        except driver().DatabaseError as error:
            raise refused(self.endpoint, error) from error

    def comment(self, name: str, text: str) -> None:
        """Write the comment of a database."""
        self.execute(f"comment on database {identifier(name)} is {literal(text)}")

    def mark(self, name: str, text: str) -> None:
        """Write the comment of a new database; it needs its signature no more."""
        self.execute(
            f"comment on database {identifier(name)} is {literal(text)}; "
            f"alter database {identifier(name)} connection limit -1"
        )

    def seal(self, name: str, text: str) -> None:
        """Make a database a template that nobody can connect to: the mark of a finished one.

        Args:
            name: The database.
            text: The comment that it gets at the same moment.
        """
        self.execute(
            f"comment on database {identifier(name)} is {literal(text)}; "
            f"alter database {identifier(name)} with is_template true allow_connections false"
        )

    def state(self, name: str) -> tuple[bool, str] | None:
        """Return whether a database is sealed, and its comment; None if it is not there."""
        rows = self.rows(
            "select datistemplate and not datallowconn, "
            "coalesce(shobj_description(oid, 'pg_database'), '') "
            f"from pg_database where datname = {literal(name)}"
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def has(self, name: str) -> bool:
        """Tell whether there is a database of that name."""
        return bool(self.rows(f"select 1 from pg_database where datname = {literal(name)}"))

    def is_open(self, name: str) -> bool:
        """Tell whether there is a database of that name, which allows connections."""
        query = f"select 1 from pg_database where datname = {literal(name)} and datallowconn"
        return bool(self.rows(query))

    def sessions(self, name: str, known: Iterable[int] = ()) -> list[Session]:
        """Return the client sessions on a database, without the known ones."""
        rows = self.rows(
            "select pid, application_name, coalesce(state, ''), coalesce(query, ''), "
            "coalesce(client_port, -1) " + users_of(name)
        )
        return [Session(*row) for row in rows if row[0] not in set(known)]

    def drop(self, name: str) -> None:
        """Drop a database, sealed or not, ending the sessions that are still on it.

        They are ended first and watched until they are gone: `drop database ... with (force)`
        sleeps 100 ms when there is one.
        """
        known = f"from pg_database where datname = {literal(name)}"
        if self.rows(f"select 1 {known} and datistemplate"):
            self.execute(f"alter database {identifier(name)} with is_template false")
        self._clear(name)
        try:
            self.execute(f"drop database if exists {identifier(name)}")
        except driver().DatabaseError as error:
            raise not_dropped(name, self.sessions(name), error) from error

    def _clear(self, name: str) -> None:
        """End all sessions on a database; those that were closed end by themselves."""
        if not self.await_empty(name, within=CLOSING):
            self.end_sessions(name)
            self.await_empty(name)

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

    def replace(self, name: str, oid: int, successor: str, away: str) -> bool:
        """Put a database in the place of another, ending the sessions that are on that.

        Args:
            name: The place.
            oid: Number of the one that had it; it may have been renamed or dropped since.
            successor: Name of the one that takes it.
            away: The name that the old one gets.

        Returns:
            Whether the old one was still there.

        Raises:
            LeakError: Somebody's session, which we may not end, is open on it.
        """
        found = self.rows(f"select datname from pg_database where oid = {oid}")
        if (not found or found[0][0] != name) and self.has(name):
            self.drop(name)  # made by the test in the place of the one that it removed
        renames = [f"alter database {identifier(successor)} rename to {identifier(name)}"]
        for (old,) in found:
            self._clear(old)
            renames.insert(0, f"alter database {identifier(old)} rename to {identifier(away)}")
        self.await_empty(successor)
        try:
            self.execute("; ".join(renames))
        except driver().DatabaseError as error:
            raise not_dropped(name, self.sessions(name), error) from error
        return bool(found)

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

    def close(self) -> None:
        """Close the connection; one that the server has closed is closed all the same."""
        self._admin.close()


def check_length(name: str) -> None:
    """Do nothing for a name that the server takes as it is.

    Raises:
        ConfigurationError: It is longer than a name can be.
    """
    length = len(name.encode())
    if length > LONGEST_NAME:
        raise ConfigurationError(
            f"the database name {name!r} has {length} bytes",
            cause=f"PostgreSQL would cut it off at {LONGEST_NAME}, and lead us elsewhere",
            hint="name an existing database in DATABASE_URL",
        )


def not_dropped(name: str, sessions: list[Session], error: Exception) -> LeakError:
    """Return the error for a database that somebody else's session keeps."""
    return LeakError(
        f"the database {name} could not be dropped: {message(error)}",
        detail="\n".join(str(session) for session in sessions),
        cause="a connection of another role, which we may not end, is still open on it",
        hint=f"close it, then run: drop database {identifier(name)}",
    )


def users_of(name: str) -> str:
    """Return the clause that selects the sessions of users on a database.

    The server's own processes, such as a worker of the autovacuum, have no user: an ordinary role
    may not end them, and a drop does.
    """
    return f"from pg_stat_activity where datname = {literal(name)} and usesysid is not null"


def spared(known: Iterable[int]) -> str:
    """Return the condition that leaves out known processes of the server."""
    return "".join(f" and pid <> {pid}" for pid in known)


def refused(endpoint: Endpoint, error: Exception) -> StartError:
    """Return the error for a server that does not let us make a database."""
    causes = {
        "42501": (
            "the role has no right to create databases",
            f"alter role {endpoint.user} createdb",
        ),
        "25006": ("the server or the role is read-only", "name a primary server in the URL"),
        "3D000": ("somebody has dropped the template", "run the tests again: they build it anew"),
        "55P03": (
            "another process has been removing the same template for long",
            "end it: its session in pg_stat_activity says which one it is",
        ),
        "53100": ("the server's disk is full", "free some room"),
        "53300": ("the server has no connection left", "raise max_connections, or end other runs"),
    }
    cause, hint = causes.get(sqlstate(error), (None, "run `harness doctor`"))
    return StartError(
        f"PostgreSQL at {endpoint.host}:{endpoint.port} made no database: {message(error)}",
        cause=cause,
        hint=hint,
    )
