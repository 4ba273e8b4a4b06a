"""The new database that migrations and seed files work on, as they see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from harness.core.endpoint import Dsn


class Target(Protocol):
    """A database with one session, in which each statement commits unless one says `begin`.

    Attributes:
        name: Of the database.
        secrets: What must not be shown of it.
    """

    name: str
    secrets: tuple[str, ...]

    def execute(self, sql: str, data: Iterable[bytes] | None = None) -> None:
        """Run a statement, or several in one text.

        Args:
            sql: What to run; no parameters.
            data: What `copy ... from stdin` reads.
        """

    def rows(self, sql: str) -> list[Any]:
        """Run a query and return its rows."""

    def renew(self) -> bool:
        """Make the session as if it were new; tell whether it was outside any transaction."""

    def describe(self, error: Exception) -> str:
        """Return what the server says in an error."""

    def place(self, error: Exception) -> int | None:
        """Return the line of its data, from 1, that `copy` failed at; None where it is unknown."""

    def url(self, driver: str = "") -> Dsn:
        """Return its URL, for SQLAlchemy's driver of that name, or for none."""
