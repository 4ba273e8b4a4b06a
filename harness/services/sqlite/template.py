"""Building a template: a file that holds the migrated and seeded state."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.migrations.directory import SqlDirectory
from harness.data.migrations.keys import content_key, source_of
from harness.data.migrations.source import Source
from harness.data.scripts import REMOVED
from harness.data.seeds import kind_of, load
from harness.errors import HarnessError, MigrationError, ServiceDefinitionError
from harness.services.sqlite.connect import connect
from harness.services.sqlite.files import copy_to, locked, remove
from harness.services.sqlite.ordinary import PlainLease
from harness.services.sqlite.original import Original
from harness.services.sqlite.target import SQLiteTarget

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
        foreign_keys: Whether connections to its copies enforce references.
    """

    def __init__(self, instance: SQLiteInstance, service: SQLite) -> None:
        self.service = service
        self.foreign_keys = service.foreign_keys
        self._instance = instance
        self._seeds = [instance.settings.resolve(path) for path in service.seeds]
        self._source = find_source(instance, service)
        self.key = self._content_key()

    def _content_key(self) -> str:
        for path in self._seeds:
            if kind_of(path) != ".sql" or not path.is_file():
                raise ServiceDefinitionError(
                    f"the seed file {path} is not there, or not an .sql file",
                    hint="correct `seeds=`; paths are relative to the settings file's directory",
                )
        source, function = self._source, self.service.migrations
        parts = [source_of(function)] if callable(function) else source.parts() if source else []
        files = [*(source.files() if source else ()), *self._seeds]
        return content_key(files, *parts, str(self.foreign_keys))

    def build(self) -> Original:
        """Make the file and fill it; whole or not at all.

        Returns:
            What databases for tests are copied from.

        Raises:
            MigrationError: A migration or a seed file failed.
        """
        self._path = self._instance.home.new_file("unfinished")
        path = self._instance.home.new_file(f"template_{self.key}")
        try:
            connect(self._path, mode="rwc").close()
            self._fill()
            seal(self._path, path)
            return Original(path, self.foreign_keys)
        except BaseException:
            remove(path)
            raise
        finally:
            remove(self._path)

    def _fill(self) -> None:
        target = SQLiteTarget(self._path, self.foreign_keys)
        try:
            if self._source is not None:
                self._source.up(target)
            self._call()
            for path in self._seeds:
                load(path, target)
        finally:
            target.close()

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
                    hint=f"mend it and run the tests again; {REMOVED}",
                ) from error
            lease.commit_connection()
        self._instance.plans.pop(self.service, None)  # rows were made while the tables changed


def seal(filled: Path, path: Path) -> None:
    """Make a template of a file that migrations know, and may still have open.

    Raises:
        MigrationError: They have a transaction open.
    """
    connection = connect(filled, autocommit=True, patience=0)
    try:
        with locked(connection):
            pass
        copy_to(connection, path)
    except sqlite3.OperationalError as error:
        raise MigrationError(
            f"the migrations leave a transaction open: {error}",
            cause="a connection that they have made was neither committed nor closed",
            hint=f"close it where they end, and run the tests again; {REMOVED}",
        ) from error
    finally:
        connection.close()


def find_source(instance: SQLiteInstance, service: SQLite) -> Source | None:
    """Return the migrations of a service, found where it says; None for a callable, or none.

    Raises:
        ConfigurationError: They are not there.
    """
    declared = service.migrations
    if declared is None or callable(declared):
        return None
    if isinstance(declared, str | os.PathLike):
        return SqlDirectory(instance.settings.resolve(declared))
    return declared.source(instance.settings.resolve)
