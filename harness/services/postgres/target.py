"""A new database, as the migrations and seed files that fill it see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Dsn, Endpoint
from harness.services.postgres.connect import connect, driver, message, sqlstate
from harness.services.postgres.lease import NOT_LIBPQ

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

ACTIVE_TRANSACTION = "25001"  # SQLSTATE of a statement that cannot run inside one
COPY_LINE = re.compile(r"^COPY .*?, line (\d+)", re.MULTILINE)


class PostgresTarget:
    """A database with one session, for `harness.data`.

    Args:
        endpoint: The server.
        name: Of the database.
        connection: To it, of pg8000, which commits each statement.
    """

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
            self.connection.execute_unnamed(sql, stream=data)

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

    def describe(self, error: Exception) -> str:
        """Return what the server says in an error."""
        return message(error)

    def place(self, error: Exception) -> int | None:
        """Return the line of its data that `copy` failed at, where the server tells it."""
        details = error.args[0] if error.args else None
        where = details.get("W", "") if isinstance(details, dict) else ""
        match = COPY_LINE.search(where)
        return int(match[1]) if match else None

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none."""
        endpoint = self._endpoint
        if driver in NOT_LIBPQ:
            endpoint = replace(endpoint, options=())
        return endpoint.url(f"postgresql+{driver}" if driver else "postgresql", self.name)


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
    name = instance.databases.new_name(key)
    instance.made(name, lambda: instance.databases.create(name))
    try:
        instance.configure(name, service)
        with target(instance, name) as made:
            yield made
    finally:
        instance.drop(name)
