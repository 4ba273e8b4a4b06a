"""The connection under a test's outer transaction."""

from __future__ import annotations

import contextlib
from typing import Any

import pg8000.core
import pg8000.dbapi

from harness.services.postgres.drivers.driver import IDLE, DueError
from harness.services.postgres.messages import extended_query


class OuterSession(pg8000.dbapi.Connection):  # type: ignore[misc]  # pg8000 has no type hints
    """A connection that saves round trips, and tells whether it is in a transaction.

    Attributes:
        due: Statements that are sent ahead of the next one, without waiting for their answer.
        status: The state of the transaction: idle, open or failed.
    """

    errors: Any = pg8000.dbapi
    busy = False  # each statement is at its end when its call is
    py_types: Any
    pg_types: Any

    def __init__(self, *args: Any, **parameters: Any) -> None:
        self.status = IDLE
        self.due = ""
        self._unanswered = ""
        super().__init__(*args, **parameters)
        self.autocommit = True  # transactions are begun by us alone
        self._pristine: tuple[Any, Any] = (dict(self.py_types), self.pg_types.copy())

    def handle_READY_FOR_QUERY(self, data: bytes, context: Any) -> None:  # noqa: N802 - pg8000's
        """Note the state of the transaction, which the server tells after each statement."""
        self.status = bytes(data)
        super().handle_READY_FOR_QUERY(data, context)

    def execute_simple(self, statement: str) -> Any:
        """Run a statement without parameters."""
        self._send_due()
        return super().execute_simple(statement)

    def execute_unnamed(
        self, statement: str, vals: Any = (), oids: Any = (), stream: Any = None
    ) -> Any:
        """Run a statement with parameters, in one round trip where pg8000 takes three.

        pg8000 has no public way to send bytes, nor to tell the encoding: where its private ones
        are gone, its own three round trips are taken.
        """
        wire, encoding = getattr(self, "_sock", None), getattr(self, "_client_encoding", None)
        if stream is not None or wire is None or encoding is None:
            self._send_due()
            return super().execute_unnamed(statement, vals, oids, stream)
        texts = pg8000.core.make_params(self.py_types, vals)  # may fail: before all sending
        values = [None if text is None else text.encode(encoding) for text in texts]
        types = [0 if oid == -1 else oid for oid in oids or ()]
        query = extended_query(statement.encode(encoding), values, types)
        context = pg8000.core.Context(statement)
        self._send_due()
        wire.write(query)
        wire.flush()
        self.handle_messages(context)
        return context

    def send_ahead(self, statement: str) -> None:
        """Send a statement, whose answer `handle_messages` reads."""
        self.send_QUERY(statement)
        self._sock.flush()

    def _send_due(self) -> None:
        if self.due:
            self.send_QUERY(self.due)
            self._unanswered, self.due = self.due, ""

    def handle_messages(self, context: Any) -> None:
        """Read the answer to a statement, and before it that to what was sent ahead."""
        sent, self._unanswered = self._unanswered, ""
        if not sent:
            super().handle_messages(context)
            return
        try:
            super().handle_messages(pg8000.core.Context(sent))
        except pg8000.dbapi.DatabaseError as error:
            self._skip_answer()
            raise DueError from error
        super().handle_messages(context)

    def _skip_answer(self) -> None:
        """Read the answer to a statement that could not run, so that the next one gets its own."""
        try:
            super().handle_messages(pg8000.core.Context(""))
        except pg8000.dbapi.DatabaseError:
            pass  # it failed because what was sent ahead of it did

    def forget_adapters(self) -> None:
        """Drop the type adapters and notices that an earlier test left on the connection."""
        py_types, pg_types = self._pristine
        self.py_types, self.pg_types = dict(py_types), pg_types.copy()
        self.notices.clear()
        self.notifications.clear()

    def rows(self, query: str) -> list[Any]:
        """Run a query of ours and return its rows."""
        return list(self.execute_simple(query).rows)

    def close(self) -> None:
        """Close it, also where the server is gone."""
        wire: Any = self._sock
        try:
            super().close()
        except (pg8000.dbapi.Error, OSError):
            with contextlib.suppress(OSError, AttributeError):  # or closed by pg8000 itself
                wire.close()  # else the last words it holds are tried again, to nobody, much later
            raise

    def backend_pid(self) -> int:
        """Return the process id of the server's side."""
        return int(self.rows("select pg_backend_pid()")[0][0])
