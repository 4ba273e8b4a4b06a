"""Connections of pg8000."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.endpoint import Endpoint
from harness.services.postgres import connect as connecting
from harness.services.postgres.session import OuterSession
from harness.services.postgres.virtual import VirtualConnection
from harness.services.statements import Statements

if TYPE_CHECKING:
    from harness.services.postgres.outer import OuterTransaction


def connect(endpoint: Endpoint, database: str, **parameters: Any) -> Any:
    """Open an ordinary connection, which tells whether it is `closed`."""
    return connecting.connect(endpoint, database, factory=connecting.closable(), **parameters)


def open_session(endpoint: Endpoint, database: str, **parameters: Any) -> OuterSession:
    """Open the connection for outer transactions."""
    session = connecting.connect(endpoint, database, factory=OuterSession, **parameters)
    assert isinstance(session, OuterSession)
    return session


def virtual(
    outer: OuterTransaction, statements: Statements | None = None, failing: Statements | None = None
) -> VirtualConnection:
    """Return a connection whose commits and rollbacks stay inside an outer transaction."""
    return VirtualConnection(outer, statements, failing)
