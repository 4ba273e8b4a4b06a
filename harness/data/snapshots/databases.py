"""Databases that a user names by URL, to be saved, or to be filled from a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.core.endpoint import Endpoint, is_loopback, masked
from harness.core.settings import Settings
from harness.data.snapshots.archive import opened
from harness.data.snapshots.manifest import Manifest
from harness.data.snapshots.restore import restore
from harness.errors import ConfigurationError, SnapshotError
from harness.services.postgres.connect import log_in
from harness.services.postgres.service import PORT
from harness.services.postgres.target import PostgresTarget

SCHEMES = ("postgresql", "postgres")
FORM = "postgresql://user:password@host:5432/database"
MOST = 5  # things that are named of a database that is not empty
THERE = {("schema", "public"), ("extension", "plpgsql")}  # in every new database


def read_url(url: str) -> Endpoint:
    """Read the URL of a database.

    Raises:
        ConfigurationError: It is none.
    """
    cause = "it is the URL of another kind of server, or of none"
    if url.partition(":")[0].partition("+")[0] in SCHEMES:
        try:
            endpoint = Endpoint.parse(url, PORT)
        except ValueError as error:
            cause = str(error)
        else:
            if endpoint.database:
                return endpoint
            cause = "it names no database"
    # Outside: frames of the parser hold the password.
    raise ConfigurationError(
        f"{masked(url)!r} is not the URL of a database", cause=cause, hint=f"write {FORM}"
    )


def restore_by_url(path: Path, url: str, settings: Settings) -> Manifest:
    """Restore a snapshot into an empty database.

    Args:
        path: The snapshot.
        url: Of the database; on this machine, unless other ones are allowed.
        settings: The settings.

    Returns:
        What the snapshot says of itself.

    Raises:
        ConfigurationError: The URL is none, or of another machine.
        SnapshotError: The database is not empty, or the snapshot cannot be restored there; the
            database is as it was.
        StartError: The server does not let us in.
    """
    endpoint = read_url(url)
    check_near(endpoint, settings)
    with opened(path) as archive, empty(endpoint) as target:
        restore(path, target, migrated=False)
        return archive.manifest


def check_near(endpoint: Endpoint, settings: Settings) -> None:
    """Do nothing for a server that may be written.

    Raises:
        ConfigurationError: It is on another machine.
    """
    if not (is_loopback(endpoint.host) or settings.in_ci or settings.allow_remote):
        raise ConfigurationError(
            f"the URL names a server on another machine: {endpoint.host}",
            cause="snapshots are restored on this machine unless CI is set",
            hint="set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests",
        )


@contextmanager
def empty(endpoint: Endpoint) -> Iterator[PostgresTarget]:
    """Connect to a database that has nothing in it.

    Raises:
        SnapshotError: It has.
    """
    connection = log_in(endpoint, timeout=None, client_encoding="UTF8")
    try:
        connection.autocommit = True
        target = PostgresTarget(endpoint, endpoint.database, connection)
        there = [" ".join(key) for key in target.catalog() if key not in THERE]
        if there:
            raise SnapshotError(
                f"the database {endpoint.database} is not empty, and is left as it is",
                detail="\n".join(there[:MOST]),
                hint="name another one: createdb shop_restored",
            )
        yield target
    finally:
        connection.close()
