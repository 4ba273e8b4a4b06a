"""The new database that migrations and seed files work on, as they see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from harness.core.endpoint import Dsn
from harness.data.catalog import Catalog


@dataclass(frozen=True)
class Refusal:
    """What a server says against a statement.

    Attributes:
        said: The message.
        code: Its SQLSTATE; empty where it is not the server's.
        line: The line of the data that `copy` failed at, from 1; 0 where it is unknown.
        column: The column that it failed at; empty where it is unknown.
    """

    said: str
    code: str = ""
    line: int = 0
    column: str = ""


class Session(Protocol):
    """A session on a new database, in which each statement commits unless one says `begin`."""

    def execute(self, sql: str, data: Iterable[bytes] | None = None) -> None:
        """Run a statement, or several in one text.

        Args:
            sql: What to run; no parameters.
            data: What `copy ... from stdin` reads.
        """

    def renew(self) -> bool:
        """Make the session as if it were new; tell whether it was outside any transaction."""

    def refusal(self, error: Exception) -> Refusal:
        """Return what an error of the server says."""


class Target(Session, Protocol):
    """A new database, with one session.

    Attributes:
        dialect: What its SQL is: `postgres` or `sqlite`.
        name: Of the database; of SQLite's the path.
        secrets: What must not be shown of it.
    """

    dialect: str
    name: str
    secrets: tuple[str, ...]

    def rows(self, sql: str) -> list[Any]:
        """Run a query and return its rows."""

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none."""

    def has_tables(self) -> bool:
        """Tell whether anybody has made a table."""

    def catalog(self, *, rights: bool = True) -> Catalog:
        """Return what it is made of; with who may do what, where there is such a thing."""

    def unfilled(self) -> list[tuple[str, str]]:
        """Return the columns, by table, that an INSERT has to give a value."""

    def check_deferred(self) -> None:
        """Check what waits for the commit; an error of the server's says what does not hold."""
