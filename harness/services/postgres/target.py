"""A new database, as the migrations and seed files that fill it see it."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Dsn, Endpoint
from harness.data.catalog import UNFILLED, Catalog
from harness.data.target import Refusal
from harness.services.postgres.connect import connect, driver, message, sqlstate
from harness.services.postgres.lease import NOT_LIBPQ

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

ACTIVE_TRANSACTION = "25001"  # SQLSTATE of a statement that cannot run inside one
ERROR_MESSAGE = b"E"  # https://www.postgresql.org/docs/current/protocol-message-formats.html
COPY_PLACE = re.compile(r"^COPY .*?, line (\d+)(?:, column (\w+))?", re.MULTILINE)


class Feed:
    """Data for a `copy`; what cannot be read ends it, for the server waits for an end.

    So does an error of the server, which would take all the rest and do nothing with it.

    Args:
        data: The data.
        line: The line to the server; None where it cannot be looked at.

    Attributes:
        error: Why it ended early; of an error of the server, the server tells more.
    """

    def __init__(self, data: Iterable[bytes], line: socket.socket | None) -> None:
        self._data = data
        self._line = line
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._data:
                yield piece
                if self._line is not None and has_failed(self._line):
                    raise ConnectionAbortedError("the server ended the copy")
        except Exception as error:
            self.error = error


def has_failed(line: socket.socket) -> bool:
    """Tell whether the next message that waits on a line is an error; leave it there."""
    readable, _, _ = select.select([line], [], [], 0)
    return bool(readable) and line.recv(1, socket.MSG_PEEK) == ERROR_MESSAGE


TABLE = "select 1 from pg_class where relkind = 'r' and oid >= 16384 limit 1"


class PostgresTarget:
    """A database with one session, for `harness.data`.

    Args:
        endpoint: The server.
        name: Of the database.
        connection: To it, of pg8000, which commits each statement.
    """

    dialect = "postgres"

    def __init__(self, endpoint: Endpoint, name: str, connection: Any) -> None:
        self._endpoint = endpoint
        self.connection = connection
        self.name = name
        self.secrets: tuple[str, ...] = (endpoint.password,) if endpoint.password else ()

    def execute(self, sql: str, data: Iterable[bytes] | None = None) -> None:
        """Run a statement, or several in one text; `data` is what a `copy` of it reads."""
        if data is None:
            self.connection.execute_simple(sql)
        else:
            line = getattr(self.connection, "_usock", None)  # pg8000's own name for it
            feed = Feed(data, line if type(line) is socket.socket else None)
            self.connection.execute_unnamed(sql, stream=feed)
            if feed.error is not None:
                raise feed.error

    def rows(self, sql: str) -> list[Any]:
        """Run a query and return its rows."""
        return list(self.connection.execute_simple(sql).rows or ())

    def renew(self) -> bool:
        """Make the session as if it were new; tell whether it was outside any transaction."""
        try:
            self.connection.execute_simple("discard all")
        except driver().DatabaseError as error:
            if sqlstate(error) != ACTIVE_TRANSACTION:
                raise
            return False
        return True

    def refusal(self, error: Exception) -> Refusal:
        """Return what an error of the server says."""
        details = error.args[0] if error.args else None
        where = details.get("W", "") if isinstance(details, dict) else ""
        match = COPY_PLACE.search(where)
        line, column = (int(match[1]), match[2] or "") if match else (0, "")
        return Refusal(message(error), sqlstate(error), line, column)

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none."""
        endpoint = self._endpoint
        if driver in NOT_LIBPQ:
            endpoint = replace(endpoint, options=())
        return endpoint.url(f"postgresql+{driver}" if driver else "postgresql", self.name)

    def has_tables(self) -> bool:
        """Tell whether anybody has made a table."""
        return bool(self.rows(TABLE))

    def catalog(self, *, rights: bool = True) -> Catalog:
        """Read the catalog, with the schema before every name."""
        self.execute("set search_path to ''")
        try:
            return Catalog.read(self.rows, rights=rights)
        finally:
            self.execute("reset search_path")

    def unfilled(self) -> list[tuple[str, str]]:
        """Return the columns, by table, that an INSERT has to give a value."""
        return [(table, column) for table, column in self.rows(UNFILLED)]

    def check_deferred(self) -> None:
        """Check what waits for the commit."""
        self.execute("set constraints all immediate")


@contextmanager
def target(instance: PostgresInstance, name: str) -> Iterator[PostgresTarget]:
    """Connect to a new database, to fill it."""
    connection = connect(
        instance.endpoint, name, synchronous_commit="off", client_min_messages="warning"
    )
    connection.autocommit = True
    cleanups = Cleanups(f"filling {name}")
    cleanups.push(connection.close)
    try:
        yield PostgresTarget(instance.endpoint, name, connection)
    finally:
        cleanups.close()


@contextmanager
def scratch(instance: PostgresInstance, service: Postgres, key: str) -> Iterator[PostgresTarget]:
    """Make an empty database for a check, with the settings of a service; drop it afterwards."""
    name = instance.databases.names.new(key)
    instance.made(name, lambda: instance.databases.create(name))
    try:
        instance.configure(name, service)
        with target(instance, name) as made:
            yield made
    finally:
        instance.drop(name)
