"""A psycopg connection whose commits and rollbacks stay inside a test's outer transaction.

Transactions are psycopg's own matter up to the statements BEGIN, COMMIT and ROLLBACK, which are
not sent: `_start_query`, `_exec_command`, `_check_intrans_gen` and `Transaction._push_savepoint`
are the places where psycopg sends them, or asks whether a transaction is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from harness.services.postgres.comments import first_word
from harness.services.postgres.drivers.driver import DueError
from harness.services.postgres.drivers.psycopg_cursors import watching
from harness.services.postgres.drivers.psycopg_noting import text_of
from harness.services.postgres.failing import COMMIT, failing
from harness.services.postgres.outer import OuterTransaction
from harness.services.postgres.virtual import control_word
from harness.services.statements import Statements

if TYPE_CHECKING:
    from harness.services.postgres.drivers.psycopg_session import OuterSession

UNKNOWN = "a statement of a cursor that was not made by connection.cursor()"


class VirtualConnection(psycopg.Connection[Any]):
    """What the code under test gets as its connection, under `isolation="rollback"`.

    It behaves as a psycopg connection of its own, in all its ways: `commit`, `rollback`,
    `transaction()` blocks, `autocommit`, pipelines, COPY, cursors on the server. The outer
    transaction stays open until the test ends.
    """

    def __init__(
        self,
        outer: OuterTransaction,
        statements: Statements | None = None,
        failing: Statements | None = None,
    ) -> None:
        self.statements = statements
        self.failing = failing
        session: Any = outer.session
        super().__init__(session.pgconn)
        self._outer = outer
        self._session: OuterSession = session
        self._joined = 0  # the virtual transaction that this connection last took part in
        self._expired = False
        self._text: str | None = None  # of the statement that comes next
        self.lock = outer.lock  # type: ignore[assignment]  # one for all, and reentrant
        if session.prepared is None:
            session.prepared = self._prepared
        self._prepared = session.prepared
        self._handlers = (self.pgconn.notice_handler, self.pgconn.notify_handler)

    @property
    def info(self) -> psycopg.ConnectionInfo:
        """What is known of the connection; the state is that of the virtual transaction."""
        return VirtualInfo(self)

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its user or by the end of its test."""
        return self._expired or super().closed

    @property
    def takes_part(self) -> bool:
        """Whether the open virtual transaction has a statement of this connection."""
        return self._outer.open and self._joined == self._outer.number

    @property
    def in_transaction(self) -> bool:
        """Whether there is one to commit; in autocommit mode a statement alone has none."""
        return self.takes_part and not self._outer.alone

    @property
    def cursor_factory(self) -> Any:
        """The class of its cursors."""
        return self._cursor_factory

    @cursor_factory.setter
    def cursor_factory(self, factory: Any) -> None:
        self._cursor_factory = watching(factory)

    @property
    def server_cursor_factory(self) -> Any:
        """The class of its named cursors."""
        return self._server_cursor_factory

    @server_cursor_factory.setter
    def server_cursor_factory(self, factory: Any) -> None:
        self._server_cursor_factory = watching(factory)

    def close(self) -> None:
        """Roll back what was not committed, and refuse everything from now on."""
        if self.closed:
            return
        try:
            if self.takes_part:
                self._outer.rollback()
        finally:
            self._expired = True

    def expire(self) -> None:
        """Refuse everything from now on: the test is over."""
        self._expired = self._closed = True

    def _check_connection_ok(self) -> None:
        if self._expired:
            raise psycopg.OperationalError("the connection is closed")
        super()._check_connection_ok()

    def announce(self, query: Any) -> str | None:
        """Note the statement that comes next; return its word if it only controls a transaction.

        A BEGIN inside a transaction is left to the server, which warns or refuses.
        """
        self._text = text_of(query, self)
        word = control_word(self._text)
        return None if word == "begin" and self.in_transaction else word

    def control(self, word: str) -> str:
        """Do what `begin`, `commit` or `rollback` say, in the virtual transaction.

        Returns:
            What the server would say was done.
        """
        self._check_connection_ok()
        sql, self._text = self._text or "", None
        if word == "begin":
            self._joined = self._outer.join()
            self._send_due()
            starts = sql[first_word(sql) :].lower().startswith("start")
            return "START TRANSACTION" if starts else "BEGIN"
        if word == "commit":
            self._outer.refuse(lambda: failing(self.failing, COMMIT))
            return "COMMIT" if not self.in_transaction or self._outer.commit() else "ROLLBACK"
        if self.in_transaction:
            self._outer.rollback()
        return "ROLLBACK"

    def forget_prepared(self) -> None:
        """Forget prepared statements, as psycopg does where the server answers ROLLBACK."""
        if self._prepared.clear():
            self.wait(self._prepared.maintain_gen(self))

    def _enter(self, alone: bool) -> None:
        """Take part in the virtual transaction with one more statement."""
        sql, self._text = self._text or UNKNOWN, None
        self._joined = self._outer.enter(sql, alone)
        self._send_due()

    def _send_due(self) -> None:
        """Open what is only noted yet, so that psycopg's own state is that of a transaction."""
        try:
            self._session.send_due()
        except DueError as error:
            raise self._outer.due_failed(error) from error

    def _start_query(self) -> Any:
        """Begin a transaction where there is none, as each statement does."""
        self._check_connection_ok()
        self._enter(alone=self._autocommit)
        yield from ()

    def _exec_command(self, command: Any, *args: Any, **options: Any) -> Any:
        """Run a statement of psycopg's own, such as those of `transaction()`."""
        text = text_of(command, self)
        word = control_word(text)
        if word is None:
            self._text = text
            self._enter(alone=True)
            return (yield from super()._exec_command(command, *args, **options))
        if word != "begin" and self.info.transaction_status == TransactionStatus.IDLE:
            return None  # there is nothing to end
        if self._pipeline:
            yield from self._end_pipelined(self._pipeline)
        self.control(word)
        return None

    def _end_pipelined(self, pipeline: Any) -> Any:
        """Wait for the end of what was sent; after a failure, refuse as the server would."""
        yield from pipeline._fetch_gen(flush=True)
        aborted = pipeline.status == PipelineStatus.ABORTED
        yield from pipeline._sync_gen()
        self._outer.leave()  # in autocommit mode that was a commit
        if aborted:
            raise psycopg.errors.PipelineAborted("pipeline aborted")

    def _check_intrans_gen(self, attribute: str) -> Any:
        """Refuse to change an attribute of transactions inside one."""
        if self._pipeline and not self.in_transaction:
            yield from self._pipeline._sync_gen()
        if self.in_transaction:
            status = self.info.transaction_status.name
            where = f"connection in transaction status {status}"
            if self._num_transactions:
                where = "connection.transaction() context in progress"
            raise psycopg.ProgrammingError(f"can't change {attribute!r} now: {where}")

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """Run one step of an operation, and end the transaction of a statement that is alone."""
        self._check_connection_ok()
        self._session.speak(self)
        try:
            result = super().wait(gen, *args, **options)
        except BaseException as error:
            self._outer.leave(error)
            raise
        self._outer.leave()
        return result

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[psycopg.Transaction]:
        """Start a block with a transaction, or inside one with a savepoint."""
        block = VirtualTransaction(self, savepoint_name, force_rollback)
        if not self._pipeline:
            with block:
                yield block
            return
        with self.pipeline(), block, self.pipeline():
            yield block

    def pause(self) -> None:
        """Leave the pipeline that it is in, for statements of others; all sent so far is done."""
        if self._pipeline and self.pgconn.pipeline_status:
            if self._session.busy or self._pipeline.command_queue:
                self._pipeline.sync()
            self.pgconn.exit_pipeline_mode()

    def go_on(self) -> None:
        """Go on after a pause."""
        self.pgconn.notice_handler, self.pgconn.notify_handler = self._handlers
        if self._pipeline and self._pipeline.level and not self.pgconn.pipeline_status:
            self.pgconn.enter_pipeline_mode()

    def tpc_begin(self, xid: object) -> None:
        """Refuse: a prepared transaction cannot be virtual.

        Raises:
            psycopg.NotSupportedError: Always.
        """
        raise psycopg.NotSupportedError(
            "two-phase commit needs real transactions: declare Postgres(isolation='commit')"
        )


class VirtualInfo(psycopg.ConnectionInfo):
    """What is known of a virtual connection."""

    def __init__(self, connection: VirtualConnection) -> None:
        super().__init__(connection.pgconn)
        self._connection = connection

    @property
    def transaction_status(self) -> TransactionStatus:
        """The state of the virtual transaction."""
        real = super().transaction_status
        inside = real in (TransactionStatus.INTRANS, TransactionStatus.INERROR)
        return TransactionStatus.IDLE if inside and not self._connection.in_transaction else real


class VirtualTransaction(psycopg.Transaction):
    """A block of `connection.transaction()`."""

    _conn: VirtualConnection

    def _push_savepoint(self) -> None:
        """Take the outermost block for one that begins a transaction, though one is open."""
        outermost, name = not self._conn.in_transaction, self._savepoint_name
        assert not (outermost and self._conn._num_transactions)  # psycopg's own way to refuse
        super()._push_savepoint()
        if outermost:
            self._outer_transaction, self._savepoint_name = True, name

    def __exit__(self, *failure: Any) -> bool:
        """Commit or roll back, unless the connection was closed inside the block."""
        if self._conn.closed:
            if hasattr(self, "Status"):  # since 3.3
                self.status = self.Status.FAILED
            return False
        return super().__exit__(*failure)
