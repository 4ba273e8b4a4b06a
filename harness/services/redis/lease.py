"""What a test holds of Redis."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from harness.core.cleanup import raise_all
from harness.core.endpoint import Dsn
from harness.errors import FaultError, HarnessError, ServiceDiedError
from harness.services.proxied import ProxiedLease
from harness.services.redis.connect import driver, url_of

if TYPE_CHECKING:
    import redis

    from harness.faults.failing.armed import Armed
    from harness.faults.failing.asking import Asked
    from harness.faults.sweep.run import NewConversation
    from harness.services.redis.database import Database
    from harness.services.redis.instance import RedisInstance
    from harness.services.redis.service import Redis
    from harness.services.toxiproxy.passage import Passage

T = TypeVar("T")


class RedisLease(ProxiedLease):
    """A Redis database for one test, empty at its beginning.

    Attributes:
        instance: The server: its provider, version, capabilities, log.
        service: What was declared.
        database: Number of the database.
    """

    instance: RedisInstance

    def __init__(
        self,
        instance: RedisInstance,
        service: Redis,
        database: Database,
        passage: Passage | None = None,
    ) -> None:
        super().__init__(service)
        self.instance = instance
        self.service = service
        self.database = database.number
        self._numbered = database
        self._client: redis.Redis | None = None
        self._disturbed = instance.disturbed
        database.begin(self)
        self._pass_through(*([passage] if passage else []))

    def __repr__(self) -> str:
        return f"<lease of database {self.database} on {self.instance!r}>"

    @property
    def client(self) -> redis.Redis:
        """redis-py's client for this database, for the test and the code under test.

        It works for as long as the lease lasts. As with `redis.from_url`, values are bytes and
        nothing is tried twice.
        """
        self._check_held()
        if self._client is None:
            self._client = self._numbered.client(self._url, self._check_held)
        return self._client

    def _conversation(self) -> NewConversation:
        from harness.faults.wire.redis import RedisConversation

        return RedisConversation

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[Callable[[], object]]:
        restore = self._on_database(self._numbered.keep)
        yield lambda: self._on_database(restore)

    def _arm(self, asked: Asked) -> Armed:
        from harness.services.redis.failing import failure_of

        failure = failure_of(asked)
        visit = self._reached
        if self.instance.running.provenance.startswith("REDIS_URL=rediss:"):
            raise encrypted(self.service.label)
        return self._arm_on_the_way(visit, failure)

    def _before_fault(self) -> None:
        super()._before_fault()
        if not self.faulted:
            self.client.ping()  # so that it counts as the first one in every order of tests

    @property
    def url(self) -> Dsn:
        """The database's URL, with user and password; its repr masks the password.

        For code that connects by itself: other clients, threads, processes.

        Example:
            ::

                redis.asyncio.from_url(self.cache.url)
        """
        self._check_held()
        self._numbered.touch()
        return self._url

    @functools.cached_property
    def _url(self) -> Dsn:
        """The URL by which the code under test connects."""
        if self._visit is None:
            return self._numbered.url
        return url_of(self.instance.running, self.database, self._visit.endpoint)

    def keys(self, pattern: str = "*") -> list[str]:
        r"""Return the names of the keys that match a pattern, sorted.

        Args:
            pattern: As Redis writes it: `*`, `?`, `[ab]`, with `\\` before what is meant as it is.

        Returns:
            Texts; bytes that are no UTF-8 are written as in `\\xff`.
        """
        return self._on_database(lambda: self._numbered.keys(pattern))

    def flush(self) -> None:
        """Remove all keys of this database, and no others.

        `client.flushall()` would empty the databases of all processes that share the server.
        """
        self._on_database(self._numbered.flush)

    def _on_database(self, action: Callable[[], T]) -> T:
        """Do something on our own connection.

        Raises:
            ServiceDiedError: The server is gone.
        """
        self._check_held()
        try:
            self._numbered.hold()
            return action()
        except driver().RedisError as error:
            self._died(error)
            raise
        except ServiceDiedError as death:
            self._note_outage(death)
            raise

    def failure_notes(self) -> list[str]:
        """Return a note where somebody emptied all databases while the test ran."""
        try:
            if not self._numbered.was_flushed_from_outside():
                return []
        except driver().RedisError:  # told where the test is given back
            return []
        return [
            "FLUSHALL was run on the Redis server, by this test or another one that shares it: "
            "it empties the databases of all; FLUSHDB, or the lease's flush(), empties one"
        ]

    def explain(self, error: Exception) -> None:
        """Add to redis-py's error, which the code under test gets, that the server is gone."""
        if self._released or any(error is outage for outage in self.outages):
            return
        death = self._death(error)
        if death is not None:
            self._note_outage(error)
            error.add_note(str(death))

    def _died(self, error: Exception) -> None:
        """Raise `ServiceDiedError` where a failure means that the server is gone."""
        death = self._death(error)
        if death is not None:
            self._note_outage(death)
            raise death from error

    def _note_outage(self, error: Exception) -> None:
        """Keep an error, so that it cannot pass for an expected one; unless the test killed it."""
        if self.instance.disturbed == self._disturbed:
            self.outages.append(error)

    def _death(self, error: Exception) -> HarnessError | None:
        if not isinstance(error, driver().ConnectionError):
            return None
        try:
            self._check_passage()
            self.instance.check_alive(self._settle)
        except HarnessError as death:
            return death
        return None

    def _release(self) -> None:
        failures = self._end_faults()
        try:
            if self._numbered.touched:
                failures += self._numbered.finish(faulted=self.faulted)
        except Exception as error:
            failures = [self._death(error) or error]
        try:
            self.instance.give_back(self._numbered)
        except Exception as error:
            failures.append(error)
        if not self.outages:  # else the test has been told
            raise_all(self._of, failures)


def encrypted(label: str) -> FaultError:
    """Return the error for a command that cannot be read."""
    return FaultError(
        f"{label} cannot have a command fail: its connections are encrypted",
        cause="REDIS_URL says rediss, and the fault proxy reads only what is in the clear",
        hint="run the test on an embedded server: HARNESS_PROVIDERS=redis=embedded",
    )
