"""Price alerts: who wants to know when a token rises above, or falls below, a price."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

UNIQUE_VIOLATION = "23505"


class DuplicateAlertError(Exception):
    """The user has this alert already."""


@dataclass(frozen=True)
class Alert:
    """One alert as it is stored."""

    id: int
    user_id: int
    symbol: str
    direction: str
    threshold: Decimal
    status: str
    created_at: datetime


class AlertRepository:
    """Stores alerts in PostgreSQL.

    Args:
        connection: A DB-API connection. Each method is one transaction on it.
    """

    columns = "id, user_id, symbol, direction, threshold, status, created_at"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def create(self, user_id: int, symbol: str, direction: str, threshold: Decimal) -> Alert:
        """Store a new alert.

        Raises:
            DuplicateAlertError: The user has this alert already.
        """
        with self._transaction() as cursor:
            cursor.execute(
                "insert into alerts (user_id, symbol, direction, threshold) "
                f"values (%s, %s, %s, %s) returning {self.columns}",
                (user_id, symbol, direction, threshold),
            )
            return Alert(*cursor.fetchone())

    def find(self, alert_id: int) -> Alert | None:
        """Return an alert, or None if there is none of that id."""
        with self._transaction() as cursor:
            cursor.execute(f"select {self.columns} from alerts where id = %s", (alert_id,))
            row = cursor.fetchone()
            return Alert(*row) if row else None

    def delete(self, alert_id: int, user_id: int) -> bool:
        """Delete an alert of this user; tell whether there was one."""
        with self._transaction() as cursor:
            cursor.execute("delete from alerts where id = %s and user_id = %s", (alert_id, user_id))
            return bool(cursor.rowcount)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Commit what the block did, or roll it back if the block fails."""
        try:
            yield self._connection.cursor()
        except Exception as error:
            self._connection.rollback()
            if sqlstate(error) == UNIQUE_VIOLATION:
                raise DuplicateAlertError("this alert exists already") from error
            raise
        self._connection.commit()


def sqlstate(error: Exception) -> str | None:
    """Return the server's code for an error, which pg8000 keeps in its first argument."""
    details = error.args[0] if error.args else None
    return details.get("C") if isinstance(details, dict) else None
