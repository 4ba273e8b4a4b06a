"""Restoring a snapshot: as a whole into an empty database, or its rows into a migrated one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.data.progress import Progress
from harness.data.snapshots.archive import AFTER, BEFORE, Archive, opened
from harness.data.snapshots.manifest import TableData
from harness.data.snapshots.pauses import pause
from harness.data.snapshots.schema import check_schema, is_account
from harness.data.statements import split
from harness.data.target import Target
from harness.errors import SnapshotError
from harness.services.postgres.names import identifier, literal

RESTRICTION = re.compile(r"\\(?:un)?restrict\s")
SETTINGS = (
    "set local search_path to ''; set local DateStyle to ISO; set local IntervalStyle to postgres;"
    " set local row_security to off; set local statement_timeout to 0"
)
VIEWS = """
select c.oid::regclass::text from pg_class c
where c.relkind = 'm' and c.relispopulated order by c.oid
"""


def restore(path: Path, target: Target, *, migrated: bool) -> None:
    """Restore a snapshot, in one transaction.

    Args:
        path: The snapshot.
        target: The database.
        migrated: Whether it has the schema already: then rows are restored, in the place of those
            that the migrations have written.

    Raises:
        SnapshotError: It is damaged, of a newer server or another schema, or does not fit; when
            the session is closed, the database is as it was.
    """
    with opened(path) as archive:
        restoration = Restoration(archive, target)
        restoration.check(migrated)
        with told(path, target), transaction(target):
            target.execute(SETTINGS)
            if migrated:
                restoration.replace_rows()
            else:
                restoration.restore_all()
        target.renew()  # the script has set what is of no use to others


@contextmanager
def transaction(target: Target) -> Iterator[None]:
    """Run a block as a whole or not at all: what fails ends with its session.

    Nothing is sent after a failure: it may have come in the middle of a copy.
    """
    target.execute("begin")
    yield
    target.execute("commit")


@contextmanager
def told(path: Path, target: Target) -> Iterator[None]:
    """Say of an error of the server which snapshot it is about."""
    try:
        yield
    except SnapshotError:
        raise
    except Exception as error:
        said = target.refusal(error)
        if not said.code:
            raise
        cause, hint = CAUSES.get(said.code, (None, "save it anew"))
        raise SnapshotError(
            f"the snapshot {path} does not fit the database: {said.said}",
            cause=cause,
            hint=f"{hint}; what it holds: harness snapshot show {path}",
        ) from error


LESS = "save it anew, and leave out less or mask in other ways"
RIGHTS = "connect as the role that owns the database"
LACKING = ("the server lacks what the schema needs", "install it there, or name it in extensions=")
# Likely cause and next step, by what the server says.
CAUSES = {
    "23503": ("rows that are referred to were left out, or keys masked in different ways", LESS),
    "23505": ("a mask made equal values of different ones", LESS),
    "23514": ("a mask made a value that a constraint refuses", LESS),
    "42501": ("the role does not own the tables, or may not create them", RIGHTS),
    "42704": LACKING,
    "0A000": LACKING,
    "58P01": LACKING,
}


class Restoration:
    """A snapshot on its way into a database.

    Args:
        archive: The snapshot.
        target: The database.
    """

    def __init__(self, archive: Archive, target: Target) -> None:
        self._archive, self._target = archive, target
        self._manifest = archive.manifest

    def check(self, migrated: bool) -> None:
        """Do nothing for a snapshot that can be restored here.

        Raises:
            SnapshotError: It is of a newer server, or of another schema.
        """
        version, number = self._target.rows(
            "select current_setting('server_version'), current_setting('server_version_num')::int"
        )[0]
        if self._manifest.major > number // 10000:
            raise SnapshotError(
                f"the snapshot {self._archive.path} is of PostgreSQL {self._manifest.server}, "
                f"newer than this server, PostgreSQL {version}",
                cause="an older server cannot read all that a newer one writes",
                hint=f'run it on a server as new: Postgres(version="{self._manifest.major}"), '
                "or save it anew from an older server",
            )
        if migrated:
            made = self._target.catalog(rights=False)
            with self._archive.checked():
                saved = self._archive.catalog
            check_schema(self._archive.path, self._manifest, saved, made, number // 10000)

    def restore_all(self) -> None:
        """Make tables, load rows, then make indexes and constraints."""
        self._run(BEFORE)
        self._load(self._manifest.tables)
        self._set_sequences()
        self._run(AFTER)

    def replace_rows(self) -> None:
        """Load rows in the place of those that are there."""
        tables = [table for table in self._manifest.tables if not is_account(table.name)]
        again = pause([table.name for table in tables], self._target)
        if tables:
            names = ", ".join(f"only {table.name}" for table in tables)
            self._target.execute(f"truncate {names}")
        self._load(tables)
        self._set_sequences()
        self._target.execute("set constraints all immediate")  # a table that waits is not altered
        for statement in again:
            self._target.execute(statement)
        for (view,) in self._target.rows(VIEWS):
            self._target.execute(f"refresh materialized view {view}")

    def _run(self, member: str) -> None:
        """Run a part of the schema, without settings that this server does not know."""
        with self._archive.checked():
            script = self._archive.text(member)
        for statement in split(without_commands(script)):
            if self._is_known(statement.text):
                self._target.execute(statement.text)

    def _is_known(self, statement: str) -> bool:
        words = statement.split()
        if words[:1] != ["SET"]:
            return True
        known = f"select current_setting({literal(words[1])}, true) is not null"
        return bool(self._target.rows(known)[0][0])

    def _load(self, tables: list[TableData] | tuple[TableData, ...]) -> None:
        total = sum(table.rows for table in tables)
        progress = RowProgress(self._archive.path.name, total)
        for table in tables:
            names = ", ".join(map(identifier, table.columns))
            columns = f" ({names})" if names else ""
            data = progress.counted(self._archive.blocks(table.member))
            self._target.execute(f"copy {table.name}{columns} from stdin", data)
        progress.finish()

    def _set_sequences(self) -> None:
        for name, last, called in self._manifest.sequences:
            if not is_account(name):
                self._target.rows(f"select setval({literal(name)}, {last}, {called})")


class RowProgress(Progress):
    """How many of a snapshot's rows were loaded."""

    def __init__(self, name: str, total: int) -> None:
        super().__init__(name, total, lambda: self._rows)

    def counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield blocks, and count their lines."""
        for block in blocks:
            yield block
            self.advance(block.count(b"\n"))


def without_commands(script: str) -> str:
    """Return a script without what is meant for psql alone."""
    return "\n".join(line for line in script.split("\n") if not RESTRICTION.match(line))
