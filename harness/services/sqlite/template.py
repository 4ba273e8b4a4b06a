"""A template: a file that holds the migrated and seeded state, and that no test is told of."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data import migrations
from harness.errors import HarnessError, MigrationError, ServiceDefinitionError
from harness.services.sqlite.changes import changed_tables
from harness.services.sqlite.connect import connect
from harness.services.sqlite.database import copy, remove
from harness.services.sqlite.deferred import Deferred
from harness.services.sqlite.ordinary import PlainLease
from harness.services.sqlite.script import split

if TYPE_CHECKING:
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


class Template:
    """The migrated and seeded state of one service.

    Args:
        instance: What it is built on.
        service: What it is built from.

    Attributes:
        key: Key of all the content it is built from.
        deferred: Its references that are checked at commit.
        foreign_keys: Whether connections to its copies enforce references.
    """

    def __init__(self, instance: SQLiteInstance, service: SQLite) -> None:
        self.service = service
        self.deferred = Deferred()
        self.foreign_keys = service.foreign_keys
        self._instance = instance
        self._seeds = [instance.settings.resolve(path) for path in service.seeds]
        self._migrations = self._migration_files()
        self.key = self._content_key()

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
        files = [*self._migrations, *self._seeds]
        return migrations.content_key(files, *parts, str(self.foreign_keys))

    def build(self) -> None:
        """Make the file and fill it; whole or not at all.

        Raises:
            MigrationError: A migration or a seed file failed.
        """
        self._path = self._instance.home.new_file(f"template_{self.key}")
        try:
            connect(self._path, mode="rwc").close()
            for path in self._migrations:
                run_alone(path, self._path, self.foreign_keys)
            self._call()
            for path in self._seeds:
                run_alone(path, self._path, self.foreign_keys)
            self._connection = self._settle()
        except BaseException:
            remove(self._path)
            raise

    def _settle(self) -> sqlite3.Connection:
        """Return the connection from which the template is copied, whatever mode it was left in."""
        connection = connect(self._path, autocommit=True)
        connection.execute("pragma journal_mode = delete")
        self.deferred = Deferred.read(connection)
        return connection

    def _call(self) -> None:
        """Run migrations that are a callable, on a lease of the new file."""
        source = self.service.migrations
        if not callable(source):
            return
        name = getattr(source, "__qualname__", repr(source))
        with PlainLease(self._instance, self.service, self._path) as lease:
            try:
                source(lease)
            except HarnessError:
                raise
            except Exception as error:
                raise MigrationError(
                    f"the migrations {name}() failed: {type(error).__name__}: {error}",
                    hint="mend it and run the tests again; the unfinished database was removed",
                ) from error
            lease.commit_connection()

    def copy(self, path: Path) -> None:
        """Make a new file that equals this one."""
        target = connect(path, mode="rwc")
        try:
            self.write(target)
        finally:
            target.close()

    def write(self, target: sqlite3.Connection) -> None:
        """Write this database over another one.

        Raises:
            sqlite3.OperationalError: Somebody has a lock on it.
        """
        copy(self._connection, target)

    def changed_tables(self, connection: sqlite3.Connection) -> list[str]:
        """Return the tables in which another database differs from this one."""
        return changed_tables(connection, self._path)

    def close(self) -> None:
        """Close the connection; the file goes with the instance."""
        self._connection.close()


def run_alone(path: Path, database: Path, foreign_keys: bool) -> None:
    """Run one file on a connection of its own: what it sets ends with it.

    Raises:
        MigrationError: A statement failed, or the file leaves a transaction open.
    """
    connection = connect(database, autocommit=True, foreign_keys=foreign_keys)
    try:
        migrations.run_file(path, connection.execute, str, split)
        if connection.in_transaction:
            raise MigrationError(
                f"{path} leaves a transaction open",
                cause="it has a BEGIN without its COMMIT, so all that follows would be lost",
                hint="mend it and run the tests again; the unfinished database was removed",
            )
    finally:
        connection.close()
