"""Connections of psycopg 3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from harness.core.endpoint import Endpoint, is_loopback
from harness.services.postgres.connect import APPLICATION_NAME, LOGIN_TIMEOUT, without_frames
from harness.services.postgres.drivers.psycopg_noting import NotingConnection
from harness.services.postgres.drivers.psycopg_session import OuterSession
from harness.services.postgres.drivers.psycopg_virtual import VirtualConnection
from harness.services.statements import Statements

if TYPE_CHECKING:
    from harness.services.postgres.outer import OuterTransaction

C = TypeVar("C", bound="psycopg.Connection[Any]")


def connect(endpoint: Endpoint, database: str, **parameters: str) -> psycopg.Connection[Any]:
    """Open an ordinary connection, which tells whether it is `closed`."""
    return made(NotingConnection, endpoint, database, parameters)


def open_session(endpoint: Endpoint, database: str, **parameters: str) -> OuterSession:
    """Open the connection for outer transactions."""
    return made(OuterSession, endpoint, database, parameters)


def virtual(
    outer: OuterTransaction, statements: Statements | None = None, failing: Statements | None = None
) -> VirtualConnection:
    """Return a connection whose commits and rollbacks stay inside an outer transaction."""
    return VirtualConnection(outer, statements, failing)


def made(factory: type[C], endpoint: Endpoint, database: str, settings: dict[str, str]) -> C:
    """Open a connection of a class.

    Raises:
        psycopg.OperationalError: Nobody answers, or the server does not let us in.
    """
    words = conninfo(endpoint, database)
    words["options"] = " ".join(
        [words.get("options", ""), *(f"-c {name}={value}" for name, value in settings.items())]
    ).strip()
    try:
        return factory.connect("", **words)
    except psycopg.Error as error:
        raise without_frames(error) from without_frames(error.__cause__)


def conninfo(endpoint: Endpoint, database: str) -> dict[str, Any]:
    """Return what libpq is told of a server, in its own words; the URL's options come first.

    Without one, a server of this machine is reached in the clear, as with pg8000.
    """
    place = endpoint.socket
    local = endpoint.trusted or place or is_loopback(endpoint.host)
    clear = {"sslmode": "disable", "gssencmode": "disable"} if local else {}
    return {
        "application_name": APPLICATION_NAME,
        "connect_timeout": str(int(LOGIN_TIMEOUT)),
        **clear,
        **dict(endpoint.options),
        "host": str(Path(place).parent) if place else endpoint.host,
        "port": str(endpoint.port),
        "user": endpoint.user,
        "password": endpoint.password or None,
        "dbname": database,
    }
