"""A Redis server that runs, and the numbered databases claimed on it."""

from __future__ import annotations

import functools
import threading
from typing import ClassVar

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.identity import registry_id
from harness.core.instance import Running
from harness.core.interrupts import interrupts_held
from harness.core.settings import Settings
from harness.errors import StartError
from harness.services.proxied import ProxiedInstance
from harness.services.redis.claims import Claims
from harness.services.redis.configuration import Configuration
from harness.services.redis.connect import Session, driver, url_of
from harness.services.redis.database import Database
from harness.services.redis.lease import RedisLease
from harness.services.redis.notes import Notes, ignoring_outages
from harness.services.redis.refusals import not_permitted
from harness.services.redis.server import Server
from harness.services.redis.service import Redis

MOST_RETIRED = 2  # of the fifteen that somebody else's server usually has for all


class RedisInstance(ProxiedInstance[RedisLease]):
    """A Redis server: numbered databases of this process's own, leases on those.

    Args:
        provider: Where it runs.
        running: The server, which answers.
        settings: The settings of the environment.
        service: The service that it was started for.
    """

    protocol: ClassVar[str] = "redis"
    claims: Claims
    configuration: Configuration

    def __init__(self, provider: str, running: Running, settings: Settings, service: Redis) -> None:
        super().__init__("redis", provider, running)
        self.user = self.endpoint.user or "default"
        self.strange = provider == "external"
        self._lock = threading.RLock()
        self._idle: list[Database] = []
        self._retired: list[Database] = []
        self._databases: list[Database] = []
        self._notes: Notes | None = None
        try:
            self._take_over(settings, service)
        except BaseException as error:
            self.cleanups.close()
            if isinstance(error, driver().ResponseError):
                raise not_permitted(self._where, error) from error
            raise

    @property
    def _where(self) -> str:
        return f"{self.endpoint.host}:{self.endpoint.port}"

    def _take_over(self, settings: Settings, service: Redis) -> None:
        """Learn what the server is, and what its configuration is before any test."""
        session = Session(url_of(self.running, 0))
        try:
            server = Server.ask(session)
            server.check(self.endpoint, service.version)
            self.configuration = Configuration(session, self.strange)
        finally:
            session.close()
        self.capabilities = server.capabilities()
        self.claims = claims_on(self.running, server, settings, self.strange)
        if self.strange:
            self._notes = Notes(self.claims)
            self.cleanups.push(self._notes.close)
            self._notes.empty_orphans()
        self.cleanups.push(self._close_databases)

    def lease(self, service: Redis) -> RedisLease:
        """Hand out a lease on an empty database.

        Raises:
            StartError: No database is free.
            ServiceDiedError: The server has ended.
        """
        try:
            return self._leased(service, self._database())
        except (driver().ConnectionError, OSError):
            self.check_alive()
            raise
        except driver().ResponseError as error:
            raise not_permitted(self._where, error) from error

    def _leased(self, service: Redis, database: Database) -> RedisLease:
        try:
            passage = self.passages.to(f"redis-{database.number}") if service.proxied else None
            return RedisLease(self, service, database, passage)
        except BaseException:
            self.give_back(database)
            raise

    def prepare(self, service: Redis) -> None:
        """Claim the database that the first test works in."""
        self.give_back(self._database())

    def _database(self) -> Database:
        with self._lock:
            while self._idle:
                database = self._idle.pop()
                if database.is_ours():
                    return database
                self._give_up(database)
        try:
            return self._claim()
        except StartError:
            if not self._retired:
                raise
            return self._renewed()

    def _renewed(self) -> Database:
        """Return a database that was spoilt, the one that had most time to come to rest."""
        with self._lock:
            database = self._retired.pop(0)
        database.renew()
        return database

    def _claim(self) -> Database:
        """Claim one more database.

        A Ctrl-C waits until it is noted: without a note it would not be found after a kill.
        """
        with interrupts_held():
            claim = self.claims.take()
            database = Database(self, claim, url_of(self.running, claim.number))
            with self._lock:
                self._databases.append(database)
            if self._notes is not None:
                self._notes.write(claim.number)
        return database

    def give_back(self, database: Database) -> None:
        """Keep a database for the next lease.

        One that somebody may still write to is kept apart for a while, and emptied then: given up
        at once, it would be the next process's.
        """
        with self._lock:
            if not database.is_ours():
                self._give_up(database)
            elif database.spoilt:
                self._retired.append(database)
            else:
                self._idle.append(database)
            if len(self._retired) > MOST_RETIRED:
                self._give_up(self._retired.pop(0))

    def _give_up(self, database: Database) -> None:
        with self._lock:
            if database in self._databases:
                self._databases.remove(database)
        ours = database.is_ours()
        database.close()
        if self._notes is not None and ours:  # else the note is by now somebody else's
            ignoring_outages(self._notes, database.number)

    def _close_databases(self) -> None:
        """Leave all databases empty: the server may live on."""
        cleanups = Cleanups(f"the databases at {self._where}")
        for database in list(self._databases):
            cleanups.push(functools.partial(self._give_up, database))
        cleanups.close()


def claims_on(running: Running, server: Server, settings: Settings, strange: bool) -> Claims:
    """Return the claims on a server.

    Number 0 is never claimed, nor the one that the URL names.
    """
    endpoint = running.endpoint
    return Claims(
        connect=lambda: Session(url_of(running, 0)),
        where=f"{endpoint.host}:{endpoint.port}",
        registry=registry_id(settings),
        count=server.databases,
        reserved=frozenset({0, named(endpoint)}),
        strange=strange,
    )


def named(endpoint: Endpoint) -> int:
    """Return the number of the database that a URL names; 0 if it names none.

    Raises:
        StartError: It is no number.
    """
    text = dict(endpoint.options).get("db", endpoint.database) or "0"
    if not text.isdecimal():
        raise StartError(
            f"REDIS_URL names the database {text!r}, which is no number",
            hint="end the URL with a number, as in redis://127.0.0.1:6379/0, or leave it out",
        )
    return int(text)


def inspect(running: Running, settings: Settings, service: Redis) -> str:
    """Return name and version of somebody else's server; claim nothing there.

    Raises:
        StartError: It cannot be used, or no database is free.
    """
    session = Session(url_of(running, 0))
    try:
        server = Server.ask(session)
        server.check(running.endpoint, service.version)
        claims_on(running, server, settings, strange=True).check(session)
        return str(server)
    except driver().ResponseError as error:
        raise not_permitted(f"{running.endpoint.host}:{running.endpoint.port}", error) from error
    finally:
        session.close()
