"""Building a template: a file that holds the migrated and seeded state."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.inserts import load
from harness.data.migrations.called import Called
from harness.data.migrations.directory import SqlDirectory
from harness.data.migrations.keys import content_key
from harness.data.migrations.source import Source
from harness.data.scripts import REMOVED
from harness.data.seeds import check_seeds
from harness.errors import MigrationError
from harness.services.sqlite.connect import connect
from harness.services.sqlite.files import copy_to, locked, remove
from harness.services.sqlite.ordinary import PlainLease
from harness.services.sqlite.original import Original
from harness.services.sqlite.target import SQLiteTarget, new_target

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
        check_seeds(self._seeds)
        source = self._source
        files = [*(source.files() if source else ()), *self._seeds]
        parts = source.parts() if source else []
        return content_key(files, *parts, str(self.foreign_keys))

    def build(self) -> Original:
        """Make the file and fill it; whole or not at all.

        Returns:
            What databases for tests are copied from.

        Raises:
            MigrationError: A migration or a seed file failed.
        """
        unfinished = self._instance.home.new_file("unfinished")
        path = self._instance.home.new_file(f"template_{self.key}")
        try:
            with new_target(unfinished, self.foreign_keys) as target:
                self._fill(target)
            seal(unfinished, path)
            return Original(path, self.foreign_keys)
        except BaseException:
            remove(path)
            raise
        finally:
            remove(unfinished)

    def _fill(self, target: SQLiteTarget) -> None:
        if self._source is not None:
            self._source.up(target)
        for path in self._seeds:
            load(path, target)


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
        return Called(declared, lambda made: plain_lease(instance, service, made.name))
    return declared.source(instance.settings.resolve)


@contextmanager
def plain_lease(instance: SQLiteInstance, service: SQLite, name: str) -> Iterator[PlainLease]:
    """Return a lease on a new file, for migrations."""
    with PlainLease(instance, service, Path(name)) as lease:
        yield lease
    instance.plans.pop(service, None)  # rows were made while the tables changed
