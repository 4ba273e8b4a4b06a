"""What a template is filled with: extensions, migrations, seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.data import migrations
from harness.errors import HarnessError, MigrationError, ServiceDefinitionError
from harness.services.postgres.connect import connect, driver, message, sqlstate
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.names import identifier
from harness.services.postgres.ordinary import PlainLease
from harness.services.postgres.sequences import settle_sequences

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

ACTIVE_TRANSACTION = "25001"  # SQLSTATE of a statement that cannot run inside one


class Content:
    """The content of one service's databases.

    Args:
        instance: The server that they are on.
        service: What they are built from.

    Attributes:
        key: Key of all of it.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres) -> None:
        self._instance = instance
        self._service = service
        self._seeds = [instance.settings.resolve(path) for path in service.seeds]
        self._migrations = self._migration_files()
        self.key = self._content_key()

    @property
    def lasting(self) -> bool:
        """Whether the key tells all that it depends on: of a callable only its own source."""
        return not callable(self._service.migrations)

    def __bool__(self) -> bool:
        return bool(self._service.migrations or self._seeds or self._service.extensions)

    def _migration_files(self) -> list[Path]:
        source = self._service.migrations
        if source is None or callable(source):
            return []
        return migrations.migration_files(self._instance.settings.resolve(source))

    def _content_key(self) -> str:
        for path in self._seeds:
            if path.suffix != ".sql" or not path.is_file():
                raise ServiceDefinitionError(
                    f"the seed file {path} is not there, or not an .sql file",
                    hint="correct `seeds=`; paths are relative to the settings file's directory",
                )
        source = self._service.migrations
        parts = [migrations.source_of(source)] if callable(source) else []
        return migrations.content_key(
            [*self._migrations, *self._seeds],
            *parts,
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
        """
        connection = connect(
            self._instance.endpoint,
            name,
            synchronous_commit="off",
            client_min_messages="warning",
        )
        connection.autocommit = True
        cleanups = Cleanups(f"building {name}")
        cleanups.push(connection.close)
        try:
            for extension in self._service.extensions:
                connection.execute_simple(f"create extension if not exists {identifier(extension)}")
            for path in self._migrations:
                run_alone(path, connection)
            self._call(name)
            for path in self._seeds:
                run_alone(path, connection)
            settle_sequences(connection)
            return Constraints.read(connection)
        finally:
            cleanups.close()

    def _call(self, name: str) -> None:
        """Run migrations that are a callable, on a lease of the new database."""
        source = self._service.migrations
        if not callable(source):
            return
        called = getattr(source, "__qualname__", repr(source))
        with PlainLease(self._instance, self._service, name) as lease:
            try:
                source(lease)
            except HarnessError:
                raise
            except Exception as error:
                said = message(error) if isinstance(error, driver().DatabaseError) else str(error)
                raise MigrationError(
                    f"the migrations {called}() failed: {type(error).__name__}: {said}",
                    hint="mend it and run the tests again; the unfinished database was removed",
                ) from error
            lease.commit_connection()
        self._instance.plans.pop(self._service, None)  # rows were made while the tables changed


def run_alone(path: Path, connection: Any) -> None:
    """Run one file as if it had a session of its own: what it sets ends with it.

    Raises:
        MigrationError: A statement failed, or the file leaves a transaction open.
    """
    migrations.run_file(path, connection.execute_simple, message)
    try:
        connection.execute_simple("discard all")
    except driver().DatabaseError as error:
        if sqlstate(error) != ACTIVE_TRANSACTION:
            raise
        raise MigrationError(
            f"{path} leaves a transaction open",
            cause="it has a BEGIN without its COMMIT, so all that follows would be lost",
            hint="mend it and run the tests again; the unfinished database was removed",
        ) from error
