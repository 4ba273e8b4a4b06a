"""Connecting to PostgreSQL with pg8000, and saying why it failed."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from harness.core.endpoint import Endpoint, is_loopback
from harness.core.extras import extra
from harness.errors import StartError
from harness.faults.failing.statements import is_commit
from harness.services.postgres.drivers.driver import OPEN
from harness.services.postgres.failing import COMMIT, failing
from harness.services.postgres.greeting import dial
from harness.services.statements import Statements

if TYPE_CHECKING:
    import pg8000.dbapi

APPLICATION_NAME = "harness"
LOGIN_TIMEOUT = 10.0  # seconds
ADMIN_TIMEOUT = 300.0  # seconds: for making or dropping one database


def driver() -> Any:
    """Import pg8000.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("postgres", "the PostgreSQL driver pg8000"):
        import pg8000.dbapi
    return pg8000.dbapi


def connect(
    endpoint: Endpoint,
    database: str | None = None,
    *,
    timeout: float | None = None,
    factory: Callable[..., Any] | None = None,
    **parameters: str,
) -> pg8000.dbapi.Connection:
    """Open a connection.

    Args:
        endpoint: Where the server answers.
        database: Database to connect to; the endpoint's own.
        timeout: Seconds to wait for the answer to a statement; None for as long as it takes.
            Logging in has a limit of its own, except under TLS.
        factory: A subclass of pg8000's connection to make.
        parameters: Server settings of this session.

    Returns:
        A DB-API connection (PEP 249).
    """
    make = factory or driver().Connection
    name = parameters.pop("application_name", APPLICATION_NAME)
    tls = ssl_context(endpoint)
    line = None if tls is not False else call(endpoint)
    try:
        connection: pg8000.dbapi.Connection = make(
            endpoint.user,
            host=endpoint.host,
            port=endpoint.port,
            sock=line,
            password=endpoint.password,  # even an empty one: pg8000 fails on None when asked
            database=endpoint.database if database is None else database,
            ssl_context=tls,
            timeout=timeout,
            application_name=name,
            startup_params=parameters,
        )
    except BaseException as error:
        if line is not None:
            line.close()
        raise without_frames(error) from without_frames(error.__cause__)
    if line is not None:
        line.settimeout(timeout)
    return connection


def call(endpoint: Endpoint) -> socket.socket:
    """Connect to a server, with a limit for the log-in that follows.

    Raises:
        InterfaceError: Nobody answers.
        StartError: The host is unknown.
    """
    try:
        line = dial(endpoint, LOGIN_TIMEOUT)
    except OSError as error:
        where = endpoint.socket or f"{endpoint.host}:{endpoint.port}"
        raise driver().InterfaceError(f"no connection to {where}: {error}") from error
    line.settimeout(LOGIN_TIMEOUT)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return line


E = TypeVar("E", bound=BaseException | None)


def without_frames(error: E) -> E:
    """Return an error without its traceback: a driver's frames hold the password.

    A runner that shows the values of variables, as `unittest --locals` does, would print it.
    """
    return error if error is None else error.with_traceback(None)


def commit(connection: Any, action: Callable[[], None]) -> None:
    """Commit, or have that fail, which rolls back.

    Args:
        connection: One of pg8000's.
        action: Commits.
    """
    ready = getattr(connection, "status", OPEN) == OPEN  # else nothing can fail any more
    instead = failing(connection.statements, COMMIT) if ready else None
    if instead is None:
        action()
        return
    with rolling_back(connection, COMMIT):
        connection.execute_simple(instead)


@contextlib.contextmanager
def rolling_back(connection: Any, sql: str) -> Iterator[None]:
    """Roll back after a statement that was to commit, and has failed instead."""
    try:
        yield
    finally:
        if is_commit(sql):
            connection.rollback()


@functools.cache
def noting_cursor() -> type[Any]:
    """Return pg8000's cursor, made to note what it sends in its connection's `statements`."""

    class NotingCursor(driver().Cursor):  # type: ignore[misc]
        def __init__(self, connection: Any) -> None:
            super().__init__(connection)
            self._statements = connection.statements
            self._owner = connection

        def execute(self, operation: str, args: Any = (), stream: Any = None) -> Any:
            self._statements.note(operation)
            instead = failing(self._statements, operation)
            if instead is None:
                return super().execute(operation, args, stream)
            with rolling_back(self._owner, operation):
                return super().execute(instead)

        def callproc(self, procname: str, parameters: Any = None) -> Any:
            self._statements.note(f"call {procname}")
            return super().callproc(procname, parameters)

    return NotingCursor


@functools.cache
def closable() -> type[Any]:
    """Return pg8000's connection, made to tell whether it was closed, and what it sends."""

    class ClosableConnection(driver().Connection):  # type: ignore[misc]
        closed = False
        statements: Statements | None = None  # where to note what is sent

        def cursor(self) -> Any:
            return super().cursor() if self.statements is None else noting_cursor()(self)

        def commit(self) -> None:
            commit(self, super().commit)

        def close(self) -> None:
            self.closed = True
            super().close()

    return ClosableConnection


def ssl_context(endpoint: Endpoint) -> ssl.SSLContext | bool | None:
    """Return what pg8000 takes as `ssl_context` for the `sslmode` of the URL (libpq's words).

    Without one, a server of this machine is reached in the clear: making a context costs 15 ms.
    """
    mode = dict(endpoint.options).get("sslmode", "prefer")
    if mode in ("verify-full", "verify-ca"):
        context = ssl.create_default_context()
        context.check_hostname = mode == "verify-full"
        return context
    if mode == "require":
        return True
    local = endpoint.trusted or endpoint.socket or is_loopback(endpoint.host)
    if mode == "disable" or local:
        return False
    return None


def drivers() -> list[Any]:
    """Return where the exceptions are (PEP 249) of each driver that is in use."""
    return [driver(), *([] if psycopg() is None else [psycopg()])]


def psycopg() -> Any:
    """Return psycopg where a lease uses it, and has therefore imported it; else None."""
    used = "harness.services.postgres.drivers.psycopg" in sys.modules
    return sys.modules["psycopg"] if used else None


def client_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return the exceptions by which a driver says that anything went wrong, and others."""
    return (*(errors.Error for errors in drivers()), OSError, *others)


def refusals() -> tuple[type[Exception], ...]:
    """Return the exceptions that mostly come from the server."""
    return tuple(errors.DatabaseError for errors in drivers())


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of a server's error, such as `23505`, or an empty string."""
    return fields(error).get("C", "")


def fields(error: BaseException) -> dict[str, str]:
    """Return the fields of a server's error, by the letters of PostgreSQL's protocol."""
    details = error.args[0] if error.args else None
    if isinstance(details, dict):  # pg8000
        return {key: str(value) for key, value in details.items()}
    diagnostic = getattr(error, "diag", None)  # psycopg
    found = {key: getattr(diagnostic, name, None) for key, name in DIAGNOSTICS.items()}
    found["C"] = getattr(error, "sqlstate", None)  # which a class of errors knows, too
    return {key: value for key, value in found.items() if value is not None}


DIAGNOSTICS = {
    "M": "message_primary",
    "D": "message_detail",
    "H": "message_hint",
    "c": "column_name",
    "n": "constraint_name",
}
# What a server says last: to a session, also one that was idle for too long, or before its own end.
ENDING = {"57P01", "57P02", "57P03", "57P05", "25P03"}


def is_over(error: BaseException) -> bool:
    """Tell whether an error means that the session is over, and perhaps the server."""
    if isinstance(error, (driver().InterfaceError, OSError)):  # pg8000 passes on a reset
        return True
    state = sqlstate(error)
    if state or psycopg() is None:
        return state in ENDING
    return isinstance(error, psycopg().OperationalError)


def is_readable(line: int) -> bool:
    """Tell whether something waits on a connection, by its file: mostly its end, unasked."""
    poll = select.poll()
    poll.register(line, select.POLLIN)
    return bool(poll.poll(0))


def message(error: BaseException) -> str:
    """Return what a server's error says: message, detail and hint, on lines of their own."""
    details = fields(error)
    return "\n".join(details[key] for key in ("M", "D", "H") if key in details) or str(error)


CAUSES = {
    "28P01": ("the password is wrong", "correct the user and the password in the URL"),
    "28000": (
        "the role does not exist, or pg_hba.conf does not let it in",
        "correct the user in the URL, or the server's pg_hba.conf",
    ),
    "3D000": ("the database does not exist", "correct the database in the URL, or create it"),
    "42501": ("the role may not connect", "grant it CONNECT on the database"),
    "53300": ("the server has no connection left", "raise max_connections, or end other runs"),
}
NO_ANSWER = (
    "no PostgreSQL answers there, or it is stopping",
    "correct the host and the port in the URL",
)


def log_in(
    endpoint: Endpoint, timeout: float | None = ADMIN_TIMEOUT, **parameters: str
) -> pg8000.dbapi.Connection:
    """Open the first connection to a server that answers.

    Args:
        endpoint: Where it answers.
        timeout: Seconds to wait for the answer to a statement; None for as long as it takes.
        parameters: Server settings of this session.

    Raises:
        StartError: It does not let us in; with the likely cause.
        MissingExtraError: pg8000 is not installed.
    """
    try:
        return connect(endpoint, None, timeout=timeout, factory=None, **parameters)
    except driver().Error as error:
        cause, hint = CAUSES.get(sqlstate(error), NO_ANSWER)
        where = f"{endpoint.user}@{endpoint.host}:{endpoint.port}/{endpoint.database}"
        raise StartError(
            f"PostgreSQL at {where} refuses the connection: {message(error)}",
            cause=cause,
            hint=hint,
        ) from error
