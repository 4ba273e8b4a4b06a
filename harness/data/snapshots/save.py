"""Saving a database as a snapshot: it is only read, at one moment."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from harness.core.endpoint import Endpoint
from harness.data.catalog import Catalog
from harness.data.snapshots import programs
from harness.data.snapshots.archive import (
    AFTER,
    BEFORE,
    BLOCK,
    CATALOG,
    MANIFEST,
    check_place,
    written,
)
from harness.data.snapshots.fakes import Change
from harness.data.snapshots.manifest import Manifest, TableData, digest
from harness.data.snapshots.plan import Part, Plan
from harness.data.snapshots.source import read_sequences, read_tables
from harness.data.snapshots.wishes import Wishes
from harness.errors import SnapshotError
from harness.services.postgres.connect import driver, log_in, message, sqlstate

# As pg_dump does: values are written so that every server reads them as the same ones, and rows
# that a policy hides are an error, not missing.
SESSION = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "row_security": "off",
    "search_path": "",
    "statement_timeout": "0",
    "default_transaction_read_only": "on",
}
BEGIN = "begin isolation level repeatable read read only"
NO_RIGHT = "42501"


def save(
    endpoint: Endpoint,
    path: Path,
    wishes: Wishes,
    key: bytes,
    tell: Callable[[str], object],
    version: str,
) -> Manifest:
    """Save a database.

    Args:
        endpoint: The database.
        path: The file to write, perhaps over an older snapshot.
        wishes: What is to be in it.
        key: Key of hashes: equal values stay equal under the same key.
        tell: Prints a line for people.
        version: Of this package.

    Returns:
        What the snapshot says of itself.

    Raises:
        SnapshotError: It cannot be saved; no file is left.
        StartError: The server does not let us in.
    """
    check_place(path)
    with session(endpoint) as database:
        database.plan = Plan(read_tables(database.rows), wishes, key)
        database.plan.check(tell)
        with written(path) as archive:
            return database.write(archive, version)


@contextmanager
def session(endpoint: Endpoint) -> Iterator[Database]:
    """Look at a database as it is at one moment."""
    connection = log_in(endpoint, timeout=None, **SESSION)
    try:
        connection.autocommit = True
        yield Database(endpoint, connection)
    except driver().DatabaseError as error:
        denied = sqlstate(error) == NO_RIGHT
        raise SnapshotError(
            f"the database {endpoint.database} cannot be saved: {message(error)}",
            cause="the role in the URL may not read all of it" if denied else None,
            hint="name a role that may read all tables: grant pg_read_all_data to ..."
            if denied
            else "mend it, or leave it out: --exclude-table-data, --leave-out",
        ) from error
    finally:
        connection.close()


class Database:
    """A database that is being saved.

    Args:
        endpoint: Where it is.
        connection: To it.

    Attributes:
        plan: What is saved of it.
    """

    plan: Plan

    def __init__(self, endpoint: Endpoint, connection: Any) -> None:
        self._endpoint, self._connection = endpoint, connection
        self.rows(BEGIN)
        self._version = int(self.rows("show server_version_num")[0][0])
        self._program = programs.choose(self._version // 10000)
        self._snapshot = self.rows("select pg_export_snapshot()")[0][0]

    def rows(self, sql: str) -> list[Any]:
        """Run a query and return its rows."""
        return list(self._connection.execute_simple(sql).rows or ())

    def write(self, archive: zipfile.ZipFile, version: str) -> Manifest:
        """Write all parts; what tells of them comes last."""
        catalog = Catalog.read(self.rows, rights=False)
        archive.writestr(CATALOG, json.dumps([[*key, said] for key, said in catalog.items()]))
        for member, section in ((BEFORE, "pre-data"), (AFTER, "post-data")):
            schema = self._program.schema(self._endpoint, self._snapshot, section)
            archive.writestr(member, schema)
        tables = [
            self._write_rows(archive, part, f"data/{number}.copy")
            for number, part in enumerate(self.plan.parts, 1)
        ]
        manifest = self._manifest(version, digest(catalog), tuple(tables))
        archive.writestr(MANIFEST, manifest.to_json())
        return manifest

    def _write_rows(self, archive: zipfile.ZipFile, part: Part, member: str) -> TableData:
        part_of_archive = archive.open(member, "w", force_zip64=True)
        with part_of_archive, io.BufferedWriter(cast(io.RawIOBase, part_of_archive), BLOCK) as file:
            stream = Changed(file, part.changes) if part.changes else file
            count = self._connection.execute_unnamed(part.copy, stream=stream).row_count
        columns = tuple(column.name for column in part.columns)
        return TableData(part.table.name, columns, count, member)

    def _manifest(self, version: str, schema: str, tables: tuple[TableData, ...]) -> Manifest:

        return Manifest(
            saved=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            harness=version,
            server=self.rows("show server_version")[0][0],
            server_version=self._version,
            pg_dump=self._program.version,
            schema=schema,
            tables=tables,
            masks=self.plan.masks,
            left_out=tuple(self.plan.left_out),
            without_rows=self.plan.without_rows,
            sequences=tuple(read_sequences(self.rows)),
            large_objects=self.rows("select count(*) from pg_largeobject_metadata")[0][0],
        )


class Changed:
    """A file of rows whose values are changed before they are written.

    Args:
        file: The file.
        changes: What is made of a value, by the number of its column.
    """

    def __init__(self, file: IO[bytes], changes: dict[int, Change]) -> None:
        self._file, self._changes = file, changes

    def write(self, row: bytes) -> None:
        """Write a row, as the server sends it: values apart by tabs, and a line's end."""
        values = row.rstrip(b"\n").split(b"\t")
        for at, change in self._changes.items():
            values[at] = change(values[at])
        self._file.write(b"\t".join(values) + b"\n")
