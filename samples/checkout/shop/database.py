"""Transactions on Postgres, begun again where the connection is lost."""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from shop.clock import Clock
from shop.errors import UnavailableError
from shop.resilience import retry

T = TypeVar("T")
Connection = psycopg.Connection[Any]


class Database:
    """One connection, for one thread, opened when it is needed and again when it was lost.

    Args:
        url: Where the database is.
        clock: What the pauses between retries are spent on.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction of its own, several times if need be.

        When the answer to its commit is lost, nobody knows whether it was committed. It is run
        again all the same, so it has to see for itself what it has done already.

        Raises:
            UnavailableError: The database does not answer, or not for long enough.
        """
        try:
            return retry(lambda: self._try(work), on=psycopg.OperationalError, clock=self._clock)
        except psycopg.OperationalError as error:
            raise UnavailableError(f"the database: {error}") from error

    def close(self) -> None:
        """Close the connection; the next transaction opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _try(self, work: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True)
        try:
            with self._connection.transaction():
                return work(self._connection)
        except psycopg.OperationalError:
            self.close()
            raise
