"""Marks on the databases that we make on somebody else's server, and orphans found by them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness.core.endpoint import Endpoint
from harness.core.service import Told
from harness.core.settings import Settings
from harness.errors import LeakError
from harness.services.postgres.connect import driver, log_in
from harness.services.postgres.databases import Databases
from harness.services.postgres.names import identifier, literal

MARK = "harness "
LOCKS = 1 << 62


@dataclass(frozen=True)
class Owner:
    """Who made a database: an advisory lock that the server drops when its holder is gone.

    Attributes:
        registry: Of which user and machine.
        lock: Number of the advisory lock.
        database: The database in which the lock is held; locks of others are not comparable.
    """

    registry: str
    lock: int
    database: str

    def mark(self) -> str:
        """Return the comment that marks a database as this owner's."""
        fields = {"registry": self.registry, "lock": self.lock, "database": self.database}
        return MARK + json.dumps(fields, sort_keys=True)

    @classmethod
    def read(cls, comment: str) -> Owner | None:
        """Return the owner that a comment names, or None for anybody else's comment."""
        if not comment.startswith(MARK):
            return None
        try:
            owner = cls(**json.loads(comment.removeprefix(MARK)))
        except (ValueError, TypeError):
            return None
        return owner if owner.is_possible() else None

    def is_possible(self) -> bool:
        """Tell whether we can have written this: the lock becomes a part of a statement."""
        return type(self.lock) is int and 0 <= self.lock < LOCKS


def sweep(endpoint: Endpoint, settings: Settings, told: Told, *, dry: bool) -> None:
    """Drop the databases of killed processes on somebody else's server.

    Args:
        endpoint: The server.
        settings: The settings, which say what is ours.
        told: Called with each database, and why it could not be dropped.
        dry: Only tell.

    Raises:
        StartError: The server does not let us in.
    """
    databases = Databases(endpoint, settings, fast=False)
    with closing(databases), closing(Ownership(databases)) as ownership:
        for name in ownership.orphans():
            try:
                if not dry:
                    databases.drop(name)
                told(f"database {name}", None)
            except (LeakError, driver().DatabaseError) as error:
                told(f"database {name}", error)


class Ownership:
    """Our claim on what we make on a server, held for as long as our connection lives."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        lock = secrets.randbelow(LOCKS)
        self.owner = Owner(databases.registry, lock, databases.endpoint.database)
        self._holder: Any = None
        self._hold()

    def _hold(self) -> None:
        """Take the lock, on a connection that does nothing else; again if that one was lost."""
        try:
            if self._holder is not None:
                self._holder.execute_simple("select 1")
                return
        except (driver().Error, OSError):
            pass
        self._holder = log_in(self._databases.endpoint)
        self._holder.autocommit = True
        self._holder.execute_simple(f"select pg_advisory_lock({self.owner.lock})")

    def close(self) -> None:
        """Give up the claim."""
        try:
            self._holder.close()
        except (driver().Error, OSError):
            pass  # the server has closed it already

    def mark(self, name: str) -> None:
        """Mark a database as ours."""
        self._hold()
        self._databases.execute(
            f"comment on database {identifier(name)} is {literal(self.owner.mark())}"
        )

    def drop_orphans(self) -> list[str]:
        """Drop the databases of this registry whose owner is gone; return their names."""
        dropped = []
        for name in self.orphans():
            self._databases.drop(name)
            dropped.append(name)
        return dropped

    def orphans(self) -> Iterator[str]:
        """Yield the databases of this registry whose owner is gone.

        While one is looked at, nobody else is given it.
        """
        for name, comment in self._databases.rows(
            "select datname, shobj_description(oid, 'pg_database') from pg_database "
            f"where shobj_description(oid, 'pg_database') like {literal(MARK + '%')}"
        ):
            owner = Owner.read(comment)
            if owner is not None and self._is_ours_and_dead(owner):
                yield name
                self._databases.execute(f"select pg_advisory_unlock({owner.lock})")

    def _is_ours_and_dead(self, owner: Owner) -> bool:
        """Tell whether an owner is gone; if so its lock is taken, so that one of us cleans up."""
        if (owner.registry, owner.database) != (self.owner.registry, self.owner.database):
            return False
        if owner.lock == self.owner.lock:  # an advisory lock may be taken twice by its holder
            return False
        return bool(self._databases.rows(f"select pg_try_advisory_lock({owner.lock})")[0][0])
