"""What a template is filled with: extensions, migrations, a snapshot, seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.migrations.called import Called
from harness.data.migrations.directory import SqlDirectory
from harness.data.migrations.keys import content_key
from harness.data.migrations.source import Source
from harness.data.scripts import REMOVED
from harness.data.seeds import check_seeds, load
from harness.data.snapshots.archive import content_of
from harness.data.snapshots.restore import restore
from harness.data.target import Target
from harness.errors import MigrationError
from harness.services.postgres.connect import driver, message
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.names import identifier
from harness.services.postgres.ordinary import PlainLease
from harness.services.postgres.sequences import settle_sequences
from harness.services.postgres.target import target

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres


class Content:
    """The content of one service's databases.

    Args:
        instance: The server that they are on.
        service: What they are built from.

    Attributes:
        key: Key of all of it.
        source: The migrations, if there are any.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres) -> None:
        self._instance = instance
        self._service = service
        self.source = find_source(instance, service)
        self._snapshot: Path | None = None
        if service.snapshot is not None:
            self._snapshot = instance.settings.resolve(service.snapshot)
        self._seeds = [instance.settings.resolve(path) for path in service.seeds]
        self.key = self._content_key()

    @property
    def lasting(self) -> bool:
        """Whether the key tells all that it depends on.

        Of a callable it tells its own source alone, of a command nothing that it reads unwatched.
        """
        migrations = self._service.migrations
        return not callable(migrations) and getattr(migrations, "watch", ()) is not None

    def __bool__(self) -> bool:
        return bool(self.source or self._snapshot or self._seeds or self._service.extensions)

    def _content_key(self) -> str:
        check_seeds(self._seeds)
        return content_key(
            [*(self.source.files() if self.source else ()), *self._seeds],
            *(self.source.parts() if self.source else ()),
            *([content_of(self._snapshot)] if self._snapshot else ()),
            *self._service.extensions,
            str(self._instance.databases.server_version),
        )

    def fill(self, name: str) -> Constraints:
        """Fill an empty database.

        Args:
            name: Of the database.

        Returns:
            The constraints that can be checked at commit.

        Raises:
            MigrationError: A migration or a seed file failed.
            SnapshotError: The snapshot cannot be restored.
        """
        with target(self._instance, name) as made:
            self.extend(made)
            if self.source is not None:
                self.source.up(made)
            if self._snapshot:
                restore(self._snapshot, made, migrated=self.source is not None)
            for path in self._seeds:
                load(path, made)
            settle_sequences(made.connection)
            constraints = Constraints.read(made.rows)
        self._check_left(name)
        return constraints

    def _check_left(self, name: str) -> None:
        """End the sessions that the migrations' own connections left, such as those of a pool.

        Raises:
            MigrationError: One of them has a transaction open.
        """
        databases = self._instance.databases
        sessions = databases.sessions(name)
        databases.end(session.pid for session in sessions if session.state == "idle")
        databases.await_empty(name)
        left = databases.sessions(name)
        if left:
            raise MigrationError(
                "the migrations left a connection with an open transaction",
                detail="\n".join(map(str, left)),
                cause="a commit was forgotten, or they go on in the background",
                hint=f"commit, and close the connection; {REMOVED}",
            )

    def extend(self, made: Target) -> None:
        """Create the extensions."""
        for extension in self._service.extensions:
            made.execute(f"create extension if not exists {identifier(extension)}")


def find_source(instance: PostgresInstance, service: Postgres) -> Source | None:
    """Return the migrations of a service, found where it says; None where it has none.

    Raises:
        ConfigurationError: They are not there.
    """
    declared = service.migrations
    if declared is None:
        return None
    if isinstance(declared, str | os.PathLike):
        return SqlDirectory(instance.settings.resolve(declared))
    if callable(declared):
        return Called(declared, lambda made: plain_lease(instance, service, made.name), said)
    return declared.source(instance.settings.resolve)


@contextmanager
def plain_lease(instance: PostgresInstance, service: Postgres, name: str) -> Iterator[PlainLease]:
    """Return a lease on a new database, for migrations."""
    with PlainLease(instance, service, name) as lease:
        yield lease
    instance.plans.pop(service, None)  # rows were made while the tables changed


def said(error: Exception) -> str:
    """Return what an error says, without all that the server sends with it."""
    return message(error) if isinstance(error, driver().DatabaseError) else str(error)
