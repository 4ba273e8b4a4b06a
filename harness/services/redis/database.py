"""One numbered database, in which a process runs tests one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core.endpoint import Dsn
from harness.errors import IsolationError
from harness.services.redis import leftovers
from harness.services.redis.claims import Claim
from harness.services.redis.configuration import changed
from harness.services.redis.connect import driver
from harness.services.redis.connections import Connections
from harness.services.redis.keeping import KeptKeys, matching
from harness.services.redis.sight import STATS, Inspector, Sight

if TYPE_CHECKING:
    import redis

    from harness.services.redis.instance import RedisInstance
    from harness.services.redis.lease import RedisLease


class Database:
    """A numbered database that this process has claimed, used by one lease at a time.

    Args:
        instance: The server.
        claim: The claim on it.
        url: Its URL.
    """

    def __init__(self, instance: RedisInstance, claim: Claim, url: Dsn) -> None:
        self.number = claim.number
        self.url = url
        self.session = claim.session
        self.spoilt = False
        self.touched = False
        self._instance = instance
        self._dirty = claim.size > 0
        self._connections: dict[str, Connections] = {}  # by URL: straight on, and by a proxy
        self._holder: RedisLease | None = None
        self._inspector = Inspector(
            self.number,
            instance.user,
            stats=instance.configuration.known,
            # Where it is asked for with all the rest, emptying what is empty costs a microsecond,
            # and waiting for an answer a hundred. Others may have a log of what is written.
            flush=not instance.strange,
        )

    def begin(self, holder: RedisLease) -> None:
        """Begin to serve a lease."""
        self._holder, self.touched = holder, False
        if self._dirty:
            self.flush()
            self._dirty = False

    def touch(self) -> None:
        """Note that the holder was given what it can write with."""
        self._dirty = self.touched = True

    def client(self, url: str, check: Callable[[], None]) -> redis.Redis:
        """Return a client of this database for one test.

        Args:
            url: By which to reach it.
            check: Called before each command; raises when its time is over.
        """
        self.touch()
        if url not in self._connections:
            self._connections[url] = Connections(url, self._explain)
        return self._connections[url].client(check)

    def _explain(self, error: Exception) -> None:
        if self._holder is not None:
            self._holder.explain(error)

    def keys(self, pattern: str) -> list[str]:
        """Return the names of the keys that match a pattern, sorted."""
        found = set(matching(self.session, pattern))
        return sorted(key.decode("utf-8", "backslashreplace") for key in found)

    def flush(self) -> None:
        """Remove all keys."""
        self.session.ask("FLUSHDB")

    def keep(self) -> Callable[[], None]:
        """Keep all keys as they are, and return what brings them back."""
        kept = KeptKeys(self.session)
        return lambda: kept.restore(self.session)

    def finish(self, *, faulted: bool = False) -> list[Exception]:
        """Look at what a test left, undo it, and return what it should not have left.

        Args:
            faulted: Whether connections may have been cut, with commands on their way.

        Raises:
            IsolationError: The claim was lost, and somebody else has the database now.
            redis.exceptions.ConnectionError: The server is gone.
        """
        self.hold()
        failures = self._quiesce() if faulted else []
        numbers = [number for each in self._connections.values() for number in each.numbers]
        sight = self._inspector.look(self.session, tuple(numbers))
        failures += self._leaks() if sight.busy else []
        failures += self._reset(sight)
        failures += self._changes(sight)
        if failures or (sight.size and self._instance.strange):
            self.flush()
        self._dirty, self._holder = self.spoilt, None
        return failures

    def _quiesce(self) -> list[Exception]:
        """End all that is connected here: what was on its way must not arrive in the next test.

        Returns:
            Errors for what the test itself should have ended.
        """
        failures = self._leaks()
        self._disconnect()
        leftovers.kill(self.session, leftovers.strangers(self.session, self.number))
        return failures

    def renew(self) -> None:
        """Make a spoilt database usable again, in the hope that those who spoilt it are gone."""
        self.hold()
        self._disconnect()
        leftovers.kill(self.session, leftovers.busy(self.session, self.number))
        self.flush()
        self.spoilt = self._dirty = False

    def hold(self) -> None:
        """Claim the database again, if the session that did was closed.

        Raises:
            IsolationError: Somebody else has it now.
            ServiceDiedError, LeaseError: The server is gone, or its environment was closed.
        """
        if self.session.is_lost():
            self._instance.check_alive(settle=0)
            claim = self._instance.claims.retake(self.number)
            if claim is None:
                raise taken_over(self.number)
            self.session = claim.session

    def is_ours(self) -> bool:
        """Tell whether the claim still holds, without asking the server."""
        return not self.session.is_lost()

    def _leaks(self) -> list[Exception]:
        """Return errors for clients that are left on this database, which are closed.

        They may connect again and write, so no other test is run here.
        """
        clients = leftovers.lingering(self.session, self.number)
        if clients:
            self.spoilt = True
            leftovers.kill(self.session, clients)
        return list(leftovers.leaks(clients))

    def _reset(self, sight: Sight) -> list[Exception]:
        """Close connections of the client that a test left in a state, such as inside MULTI.

        Return an error for those that it moved to another database, which is somebody else's.
        """
        user = self._instance.user
        altered = [c for c in sight.own if not c.is_plain(self.number, user)]
        if altered:
            leftovers.kill(self.session, altered)
            self._disconnect()
        elsewhere = [c for c in altered if c.database != self.number]
        return [leftovers.left_elsewhere(elsewhere)] if elsewhere else []

    def _changes(self, sight: Sight) -> list[Exception]:
        if not self._instance.configuration.known:
            return []
        changes = self._instance.configuration.changes(self.session, sight.stats)
        return [changed(changes)] if changes else []

    def was_flushed_from_outside(self) -> bool:
        """Tell whether anybody ran FLUSHALL since a test of this process was last looked at."""
        configuration = self._instance.configuration
        if not configuration.known:
            return False
        return configuration.has_flushed(self.session.ask(*STATS))

    def close(self) -> None:
        """Leave the database empty, and give up the claim."""
        try:
            if self._dirty and not self.session.is_lost():
                self.flush()
        except driver().RedisError:
            pass  # the server is gone, which is reported where it matters
        finally:
            self._disconnect()
            self.session.close()

    def _disconnect(self) -> None:
        """Close the client's connections for good; the next client opens new ones."""
        pools, self._connections = self._connections, {}
        for connections in pools.values():
            connections.revoke()


def taken_over(number: int) -> IsolationError:
    """Return the error for a database that another process claimed while a test used it."""
    return IsolationError(
        f"another process took database {number} while this test used it",
        cause="the connection that claims it was closed: by CLIENT KILL for all clients, "
        "or by the server's `timeout`",
        hint="kill clients by their id, or declare Redis(exclusive=True)",
    )
