"""Connections and cursors of psycopg that note what the code under test sends."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from harness.faults.failing.statements import is_commit
from harness.services.postgres.failing import COMMIT, failing, is_armed
from harness.services.statements import Statements

ROLLBACK = b"ROLLBACK"


class Noting:
    """A cursor that notes each statement before it is sent."""

    __slots__ = ()
    _conn: Any

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement."""
        note(self._conn, query)
        check(self._conn, query)
        return super().execute(query, params, **options)  # type: ignore[misc]

    def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:
        """Run a statement once for each set of parameters."""
        sets = list(params_seq)
        note(self._conn, query, len(sets))
        check(self._conn, query)
        super().executemany(query, sets, **options)  # type: ignore[misc]

    def stream(self, query: Any, *args: Any, **options: Any) -> Iterator[Any]:
        """Run a query and yield its rows as they come."""
        note(self._conn, query)
        check(self._conn, query)
        yield from super().stream(query, *args, **options)  # type: ignore[misc]

    @contextmanager
    def copy(self, statement: Any, *args: Any, **options: Any) -> Iterator[Any]:
        """Run a COPY."""
        note(self._conn, statement)
        check(self._conn, statement)
        with super().copy(statement, *args, **options) as copy:  # type: ignore[misc]
            yield copy


@functools.cache
def noting(factory: Any) -> Any:
    """Return a class of cursors that notes what it sends."""
    if not isinstance(factory, type) or issubclass(factory, Noting):
        return factory
    body = {"__module__": factory.__module__, "__doc__": factory.__doc__, "__slots__": ()}
    return type(factory.__name__, (Noting, factory), body)


class NotingConnection(psycopg.Connection[Any]):
    """An ordinary connection whose cursors note what they send.

    Attributes:
        statements: Where they note it; None for nowhere.
    """

    statements: Statements | None = None

    @property
    def failing(self) -> Statements | None:
        """What tells which statements fail."""
        return self.statements

    def _exec_command(self, command: Any, *args: Any, **options: Any) -> Any:
        """Run a statement of psycopg's own, of which only a commit may be to fail."""
        ready = self.pgconn.transaction_status == TransactionStatus.INTRANS
        commits = ready and is_armed(self.failing) and is_commit(text_of(command, self))
        instead = failing(self.failing, COMMIT) if commits else None
        if instead is None:
            return (yield from super()._exec_command(command, *args, **options))
        try:
            return (yield from super()._exec_command(instead, *args, **options))
        finally:
            yield from super()._exec_command(ROLLBACK)

    @property
    def cursor_factory(self) -> Any:
        """The class of its cursors."""
        return self._cursor_factory

    @cursor_factory.setter
    def cursor_factory(self, factory: Any) -> None:
        self._cursor_factory = noting(factory)

    @property
    def server_cursor_factory(self) -> Any:
        """The class of its named cursors."""
        return self._server_cursor_factory

    @server_cursor_factory.setter
    def server_cursor_factory(self, factory: Any) -> None:
        self._server_cursor_factory = noting(factory)


def note(connection: Any, query: Any, times: int = 1) -> None:
    """Note a statement that is about to be sent."""
    if connection.statements is not None:
        connection.statements.note(text_of(query, connection), times)


def check(connection: Any, query: Any) -> None:
    """Do nothing for a statement that is not to fail; one that is fails in the server.

    A commit that the connection itself makes of it, as a virtual one does, is left to that.

    Raises:
        psycopg.Error: It does.
    """
    if not is_armed(connection.failing):
        return
    sql = text_of(query, connection)
    ends = is_commit(sql)
    if ends and not isinstance(connection, NotingConnection):
        return
    instead = failing(connection.failing, sql)
    if instead is None:
        return
    try:
        psycopg.Cursor(connection).execute(instead)
    finally:
        if ends:
            connection.rollback()


def text_of(query: Any, connection: psycopg.Connection[Any]) -> str:
    """Return the text of what psycopg takes as a query; of a template string, nothing."""
    if isinstance(query, bytes):
        return query.decode(connection.info.encoding, "replace")
    if isinstance(query, psycopg.sql.Composable):
        return query.as_string(connection)
    return query if isinstance(query, str) else ""
