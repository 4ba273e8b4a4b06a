"""The connection under a test's outer transaction."""

from __future__ import annotations

from typing import Any

import pg8000.core
import pg8000.dbapi

from harness.services.postgres.drivers.driver import IDLE, DueError

NO_NAME = b"\0"


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

        The messages are those of the extended query protocol
        (https://www.postgresql.org/docs/current/protocol-flow.html), all sent before any answer
        is read. pg8000 has no public way to send what it has buffered: where its private one is
        gone, its own three round trips are taken.
        """
        wire = getattr(self, "_sock", None)
        if stream is not None or wire is None:
            self._send_due()
            return super().execute_unnamed(statement, vals, oids, stream)
        parameters = pg8000.core.make_params(self.py_types, vals)  # may fail: before all sending
        context = pg8000.core.Context(statement)
        self._send_due()
        self.send_PARSE(NO_NAME, statement, oids)
        self.send_DESCRIBE_STATEMENT(NO_NAME)
        self.send_BIND(NO_NAME, parameters)
        self.send_EXECUTE()
        wire.write(pg8000.core.SYNC_MSG)
        wire.flush()
        self.handle_messages(context)
        return context

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

    def backend_pid(self) -> int:
        """Return the process id of the server's side."""
        return int(self.rows("select pg_backend_pid()")[0][0])
