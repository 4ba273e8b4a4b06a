"""Making, cloning and dropping the databases that tests work in."""

from __future__ import annotations

import copy

from harness.core.endpoint import Endpoint
from harness.core.settings import Settings
from harness.errors import LeakError, StartError
from harness.services.postgres.activity import Activity, Session
from harness.services.postgres.admin import Admin
from harness.services.postgres.connect import driver, message, sqlstate
from harness.services.postgres.database_names import DatabaseNames, check_length
from harness.services.postgres.marks import signature
from harness.services.postgres.names import identifier, literal


class Databases(Activity):
    """The databases of one environment on one server.

    All work happens over one connection to the database that the endpoint names, which is
    itself never written.

    Args:
        endpoint: Where to connect, as a role that may create databases.
        settings: For the names.
        fast: Whether the server is ours and keeps nothing, so that cloning by file copy is faster.

    Attributes:
        names: Those that these databases get.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings, fast: bool) -> None:
        check_length(endpoint.database)
        super().__init__(Admin(endpoint))
        self.endpoint = endpoint
        self.names = DatabaseNames(settings)
        self._settings = settings
        self._fast = fast
        self.server_version = int(self.rows("show server_version_num")[0][0])
        self._signed = not fast
        copy = fast and self.server_version >= 150000
        self._strategy = " strategy file_copy" if copy else ""

    def another(self) -> Databases:
        """Return the same over a connection of its own, for another thread."""
        return Databases(self.endpoint, self._settings, self._fast)

    def over(self, admin: Admin) -> Databases:
        """Return the same databases, over another connection."""
        twin = copy.copy(self)
        twin._admin = admin
        return twin

    def drop_orphans(self) -> list[str]:
        """Drop the databases of processes that have ended, on a server of ours alone.

        Returns:
            The names of those that were there.
        """
        rows = self.rows("select datname from pg_database")
        orphans = [name for (name,) in rows if self.names.is_orphan(name)]
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
        """Tell whether there is a database of that name, which allows connections, ours too."""
        query = (
            f"select 1 from pg_database where datname = {literal(name)} and datallowconn "
            "and datconnlimit < 0 and has_database_privilege(oid, 'connect')"
        )
        return bool(self.rows(query))

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


def not_dropped(name: str, sessions: list[Session], error: Exception) -> LeakError:
    """Return the error for a database that somebody else's session keeps."""
    return LeakError(
        f"the database {name} could not be dropped: {message(error)}",
        detail="\n".join(str(session) for session in sessions),
        cause="a connection of another role, which we may not end, is still open on it",
        hint=f"close it, then run: drop database {identifier(name)}",
    )


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
