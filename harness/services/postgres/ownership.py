"""Our claim on what we make on somebody else's server, and orphans found by their marks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing

from harness.core.endpoint import Endpoint
from harness.core.service import Told
from harness.core.settings import Settings
from harness.errors import LeakError
from harness.services.orphans import too_many
from harness.services.postgres.connect import driver
from harness.services.postgres.databases import Databases
from harness.services.postgres.locks import Locks, alone
from harness.services.postgres.marks import MARK, SIGNED, Owner, signature
from harness.services.postgres.names import literal


def owned(databases: Databases) -> list[tuple[str, Owner]]:
    """Return the databases that carry a mark of this registry, and whose they are."""
    rows = databases.rows(
        "select datname, coalesce(shobj_description(oid, 'pg_database'), ''), datconnlimit "
        f"from pg_database where shobj_description(oid, 'pg_database') like {literal(MARK + '%')} "
        f"or datconnlimit >= {SIGNED}"
    )
    found = [(row[0], owner) for row in rows if (owner := owner_of(databases, *row))]
    ours = (databases.names.registry, databases.endpoint.database)
    return [(name, owner) for name, owner in found if (owner.registry, owner.database) == ours]


def owner_of(databases: Databases, name: str, comment: str, limit: int) -> Owner | None:
    """Return whose a database is; None for somebody else's."""
    if comment:
        return Owner.read(comment)
    lock = databases.names.lock_of(name)
    where = databases.endpoint.database
    if lock is None or limit != signature(name, where):
        return None
    return Owner(databases.names.registry, lock, where)  # whoever made it was killed in that moment


def orphans(databases: Databases, *, kept: bool = False) -> Iterator[tuple[str, Owner]]:
    """Yield the databases of this registry that nobody holds any more, with their marks.

    While one is looked at, nobody else is given it.

    Args:
        databases: Those of the server.
        kept: Also those that are kept for the next run.
    """
    for name, owner in owned(databases):
        if owner.used and not kept:
            continue
        with alone(databases, owner.lock) as ours:
            if ours:
                yield name, owner


def drop_orphans(databases: Databases, most: float = math.inf) -> list[str]:
    """Drop the databases of this registry that nobody holds any more.

    Args:
        databases: Those of the server.
        most: How many there may be.

    Returns:
        Their names.

    Raises:
        StartError: There are more.
    """
    if len(owned(databases)) > most and (found := sum(1 for _ in orphans(databases))) > most:
        at = f"{databases.endpoint.host}:{databases.endpoint.port}"
        raise too_many(f"PostgreSQL at {at}", "databases", found, most, "drop")
    dropped = []
    for name, _ in orphans(databases):
        databases.drop(name)
        dropped.append(name)
    return dropped


def sweep(endpoint: Endpoint, settings: Settings, told: Told, *, dry: bool) -> None:
    """Drop what nobody holds on somebody else's server, also what is kept for the next run.

    Args:
        endpoint: The server.
        settings: The settings, which say what is ours.
        told: Called with each database, and why it could not be dropped.
        dry: Only tell.

    Raises:
        StartError: The server does not let us in.
    """
    with closing(Databases(endpoint, settings, fast=False)) as databases:
        for name, owner in orphans(databases, kept=True):
            words = f"{'kept ' if owner.used else ''}database {name}"
            try:
                if not dry:
                    databases.drop(name)
                told(words, None)
            except (LeakError, driver().DatabaseError) as error:
                told(words, error)


class Ownership:
    """Our claim on what we make on a server, held for as long as our process lives."""

    def __init__(self, databases: Databases, locks: Locks) -> None:
        self._databases = databases
        self._locks = locks
        names = databases.names
        self.owner = Owner(names.registry, names.lock, databases.endpoint.database)
        locks.hold(names.lock)

    def mark(self, name: str) -> None:
        """Mark a database as ours."""
        self._locks.check()
        self._databases.mark(name, self.owner.mark())
