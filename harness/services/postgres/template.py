"""A template: a database that holds the migrated and seeded state, and that nobody can change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.data import migrations
from harness.errors import HarnessError, MigrationError, ServiceDefinitionError
from harness.services.postgres.connect import connect, driver, message, refusals, sqlstate
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.names import identifier
from harness.services.postgres.ordinary import PlainLease

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

ACTIVE_TRANSACTION = "25001"  # SQLSTATE of a statement that cannot run inside one


class Template:
    """The migrated and seeded state of one service.

    Args:
        instance: The server it is built on.
        service: What it is built from.

    Attributes:
        key: Key of all the content it is built from.
        name: Its name on the server.
        constraints: Those that can be checked at commit.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres) -> None:
        self.service = service
        self.constraints = Constraints()
        self._instance = instance
        self._seeds = [instance.settings.resolve(path) for path in service.seeds]
        self._migrations = self._migration_files()
        self.key = self._content_key()
        self.name = instance.databases.new_name(self.key)

    def _migration_files(self) -> list[Path]:
        source = self.service.migrations
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
        source = self.service.migrations
        parts = [migrations.source_of(source)] if callable(source) else []
        return migrations.content_key(
            [*self._migrations, *self._seeds],
            *parts,
            *self.service.extensions,
            str(self._instance.databases.server_version),
        )

    def build(self) -> None:
        """Make the database, fill it and seal it; whole or not at all.

        Raises:
            MigrationError: A migration or a seed file failed.
        """
        databases = self._instance.databases
        self._instance.made(self.name, lambda: databases.create(self.name))
        try:
            self._instance.configure(self.name, self.service)
            if self._has_content():
                self._fill()
                databases.await_empty(self.name)
            databases.seal(self.name)
        except BaseException:
            self._instance.drop(self.name)
            raise

    def _has_content(self) -> bool:
        return bool(self.service.migrations or self._seeds or self.service.extensions)

    def _fill(self) -> None:
        connection = connect(
            self._instance.endpoint,
            self.name,
            synchronous_commit="off",
            client_min_messages="warning",
        )
        connection.autocommit = True
        cleanups = Cleanups(f"building {self.name}")
        cleanups.push(connection.close)
        try:
            for extension in self.service.extensions:
                connection.execute_simple(f"create extension if not exists {identifier(extension)}")
            for path in self._migrations:
                run_alone(path, connection)
            self._call()
            for path in self._seeds:
                run_alone(path, connection)
            self.constraints = Constraints.read(lambda query: connection.execute_simple(query).rows)
        finally:
            cleanups.close()

    def _call(self) -> None:
        """Run migrations that are a callable, on a lease of the new database."""
        source = self.service.migrations
        if not callable(source):
            return
        name = getattr(source, "__qualname__", repr(source))
        with PlainLease(self._instance, self.service, self.name) as lease:
            try:
                source(lease)
            except HarnessError:
                raise
            except Exception as error:
                said = message(error) if isinstance(error, refusals()) else str(error)
                raise MigrationError(
                    f"the migrations {name}() failed: {type(error).__name__}: {said}",
                    hint="mend it and run the tests again; the unfinished database was removed",
                ) from error
            lease.commit_connection()


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
