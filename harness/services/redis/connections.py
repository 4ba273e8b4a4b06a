"""The connections of one database that tests use, and the client over them."""

from __future__ import annotations

import copy
import functools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.errors import LeaseError
from harness.services.redis.connect import driver

if TYPE_CHECKING:
    import redis


class Connections:
    """A pool of connections to one database, known by the server's numbers for them.

    Args:
        url: URL of the database.
        explain: Called with the error of a broken connection before the test gets it.
    """

    def __init__(self, url: str, explain: Callable[[Exception], None]) -> None:
        self._numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._revoked = False
        self._pool = pool_class(explain).from_url(
            url,
            retry=explaining(explain),
            redis_connect_func=self._greet,
            **quiet(),
        )
        self._client = client_class()(connection_pool=self._pool)

    def client(self, check: Callable[[], None]) -> redis.Redis:
        """Return a client.

        Args:
            check: Called before each command; raises when its time is over.
        """
        # A copy: making one anew takes longer than a test's own commands.
        client = copy.copy(self._client)
        client._harness_check = check
        return client  # type: ignore[no-any-return]

    def _greet(self, connection: Any) -> None:
        """Log in on a new connection, and learn its number."""
        if self._revoked:
            connection.disconnect()
            raise LeaseError(
                "a client of a lease that was released tried to connect again",
                cause="a thread or a subscriber was left running when its test ended",
                hint="end it in the test, or with self.addCleanup(...)",
            )
        connection.on_connect()
        connection.send_command("CLIENT", "ID")
        self._numbers[connection] = int(connection.read_response())

    @property
    def numbers(self) -> tuple[int, ...]:
        """The server's numbers for the connections, some of them perhaps closed."""
        return tuple(self._numbers.values())

    def revoke(self) -> None:
        """Close what is idle, and let nothing connect again."""
        self._revoked = True
        self._pool.disconnect(inuse_connections=False)


@functools.cache
def client_class() -> Any:
    """Return redis-py's client, made to refuse its work after its lease."""

    class LeasedRedis(driver().Redis):  # type: ignore[misc]
        _harness_check = staticmethod(lambda: None)

        def execute_command(self, *args: Any, **options: Any) -> Any:
            self._harness_check()
            return super().execute_command(*args, **options)

        def pipeline(self, *args: Any, **options: Any) -> Any:
            self._harness_check()
            return super().pipeline(*args, **options)

        def pubsub(self, **options: Any) -> Any:
            self._harness_check()
            return super().pubsub(**options)

    return LeasedRedis


def pool_class(explain: Callable[[Exception], None]) -> Any:
    """Return redis-py's pool, which tells of connections that could not be opened."""
    client = driver()

    class ExplainingPool(client.ConnectionPool):  # type: ignore[misc, name-defined]
        def get_connection(self, *args: Any, **options: Any) -> Any:
            try:
                return super().get_connection(*args, **options)
            except client.ConnectionError as error:
                explain(error)
                raise

    return ExplainingPool


def explaining(explain: Callable[[Exception], None]) -> Any:
    """Return redis-py's policy of no retries, as `from_url` has it, which tells of failures.

    Every command, pipeline and subscription of any connection runs through it.
    """
    client = driver()

    class Explaining(client.retry.Retry):  # type: ignore[misc, name-defined]
        def call_with_retry(self, *args: Any, **options: Any) -> Any:
            try:
                return super().call_with_retry(*args, **options)
            except client.ConnectionError as error:
                explain(error)
                raise

        def __deepcopy__(self, memo: object) -> Any:
            return self

    return Explaining(client.backoff.NoBackoff(), 0)


def quiet() -> dict[str, Any]:
    """Return the options that keep a newer redis-py from asking for news of a cloud product.

    With them it would not look whether a connection of the pool is still open.
    """
    try:
        from redis.maint_notifications import MaintNotificationsConfig
    except ImportError:
        return {}
    return {"maint_notifications_config": MaintNotificationsConfig(enabled=False)}
