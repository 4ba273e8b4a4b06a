"""Reading from the write-ahead log what was written, by any driver and any process.

Source: pg_walinspect, https://www.postgresql.org/docs/current/pgwalinspect.html
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.errors import StartError
from harness.services.postgres.activity import Activity
from harness.services.postgres.admin import Admin
from harness.services.postgres.commit.authors import READ as AUTHORS
from harness.services.postgres.commit.authors import Authors, authors
from harness.services.postgres.connect import driver, sqlstate
from harness.services.postgres.names import identifier

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

VERSION = 150000  # the first one with pg_walinspect
TO_THE_END = 160000  # the first one whose usual function takes an end that is not yet written
FARTHEST = 1 << 19  # bytes of log that are cheaper to read than the catalogs are to compare
FARTHEST_MARK = 1 << 24  # the same where nothing was counted that could be compared
NO_KEY = "0" * 8  # of a database that is of no template
MAP = "RelMap"
SHARED = 0  # the database of what belongs to all databases

# Row locks, pruning, freezing and in-place updates (by a vacuum) change no row. The files of some
# catalogs are told by a map alone: a `vacuum full` gives them others.
READ = """
prepare harness_wal (pg_lsn) as
with records as materialized (
    select xid, resource_manager as manager, split_part(record_type, '+', 1) as kind,
           case resource_manager when 'RelMap' then substring(description from '\\d+') || '/0'
           else substring(block_ref from 'rel \\d+/(\\d+/\\d+)') end as place
    from {function}
    where resource_manager in ('Heap', 'Heap2', 'Sequence', 'RelMap', 'Transaction')
)
select manager, place, count(*) from records
where place is not null
  and kind in ('INSERT', 'UPDATE', 'HOT_UPDATE', 'DELETE', 'MULTI_INSERT', 'LOG')
  and (manager = 'Sequence' or not xid in (
      select xid from records where manager = 'Transaction' and kind like 'ABORT%'))
group by manager, place
"""
# The pages that were written, for whatever reason; those that only keep account of room are not.
PAGES = """
prepare harness_pages (pg_lsn) as
select distinct found[1], found[2]::int8
from {function},
     regexp_matches(block_ref, 'rel \\d+/(\\d+/\\d+)(?: fork main)? blk (\\d+)', 'g') as found
where resource_manager in ('Heap', 'Heap2')
"""
FLUSH = """
select set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'harness', '')
"""
NOT_PREPARED = "26000"


@dataclass(frozen=True)
class Writes:
    """What the log says was written, by the number of the file it was written to.

    Attributes:
        rows: How many rows were written to the files of one database.
        sequences: Its sequences that were moved.
        shared: Files of what belongs to all databases.
        remapped: Whether catalogs of that database have other files now.
        shared_remapped: Whether catalogs of what belongs to all databases have, by anybody's doing.
    """

    rows: Counter[int] = field(default_factory=Counter)
    sequences: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    remapped: bool = False
    shared_remapped: bool = False


class WalReader:
    """Reads the log over a connection that others may use, too.

    Args:
        server: The server over that connection, to a database that has the extension.
        version: The server's.
    """

    def __init__(self, server: Activity, version: int) -> None:
        self._server = server
        self._function = (
            "pg_get_wal_records_info($1, 'FFFFFFFF/FFFFFFFF')"
            if version >= TO_THE_END
            else "pg_get_wal_records_info_till_end_of_wal($1)"
        )

    def try_out(self) -> None:
        """Find out whether we may read.

        Raises:
            pg8000.dbapi.DatabaseError: We may not.
        """
        self._prepare()
        start = self._server.rows("select pg_current_wal_insert_lsn()")[0][0]
        self.flush()
        self._server.execute(f"execute harness_wal('{start}')")

    def _prepare(self) -> None:
        for statement in ("deallocate all", READ, PAGES, AUTHORS):
            self._server.execute(statement.format(function=self._function))

    def writes(self, start: int, database: int, *, flushed: bool) -> Writes | None:
        """Return what was committed to a database, or None where the log cannot tell.

        Args:
            start: Where to begin, in bytes.
            database: Number of the database.
            flushed: Whether all of it has been flushed.
        """
        rows = self._read("harness_wal", start, flushed=flushed)
        return None if rows is None else collect(rows, database)

    def pages(self, start: int, database: int) -> dict[int, list[int]] | None:
        """Return the pages of each file that were written since, as far as `writes` has read.

        Returns:
            None where the log cannot tell any more.
        """
        rows = self._read("harness_pages", start, flushed=True)
        if rows is None:
            return None
        found: dict[int, list[int]] = defaultdict(list)
        for place, page in rows:
            base, file = map(int, place.split("/"))
            if base == database:
                found[file].append(page)
        return found

    def authors(self, start: int) -> Authors | None:
        """Return who has written to what all databases share; None where the log cannot tell."""
        rows = self._read("harness_authors", start, flushed=False)
        return None if rows is None else authors(rows)

    def _read(self, statement: str, start: int, *, flushed: bool) -> list[Any] | None:
        """Run one of the prepared statements."""
        try:
            if not flushed:
                self.flush()
            return self._execute(f"execute {statement}('{lsn(start)}')")
        except (driver().Error, OSError, StartError):
            return None  # a part that was removed already, for example

    def _execute(self, query: str) -> list[Any]:
        """Run a prepared statement, which a new connection does not have yet."""
        try:
            return self._server.rows(query)
        except driver().DatabaseError as error:
            if sqlstate(error) != NOT_PREPARED:
                raise
        self._prepare()
        return self._server.rows(query)

    def flush(self) -> None:
        """Have all that was written up to now flushed, which a reader needs."""
        self._server.execute(FLUSH)


def collect(rows: list[tuple[str, str, int]], database: int) -> Writes:
    """Sort records by what they were written to.

    Example:
        >>> writes = collect([("Heap", "5/16384", 2), ("Heap", "0/1260", 1), ("Heap", "7/1", 1)], 5)
        >>> writes.rows, writes.shared
        (Counter({16384: 2}), {1260})
        >>> writes = collect([("RelMap", "0/0", 1), ("RelMap", "7/0", 1)], 5)
        >>> writes.remapped, writes.shared_remapped
        (False, True)
    """
    mapped = {place for manager, place, _ in rows if manager == MAP}
    writes = Writes(remapped=f"{database}/0" in mapped, shared_remapped=f"{SHARED}/0" in mapped)
    for manager, place, count in rows:
        base, file = map(int, place.split("/"))
        if manager == MAP:
            continue
        if base == SHARED:
            writes.shared.add(file)
        elif base == database and manager == "Sequence":
            writes.sequences.add(file)
        elif base == database:
            writes.rows[file] += count
    return writes


def lsn(position: int) -> str:
    """Write a position in the log as PostgreSQL does.

    Example:
        >>> lsn(0x1_0000_00FF)
        '1/FF'
    """
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def wal_reader(instance: PostgresInstance) -> WalReader | None:
    """Return a reader of the server's log, or None where it does not let us.

    Raises:
        StartError: The server does not let us make a database.
    """
    if instance.databases.server_version < VERSION or not may_read(instance):
        return None
    try:
        server = home(instance)
        create_extension(server)
        reader = WalReader(server, instance.databases.server_version)
        reader.try_out()
    except driver().DatabaseError:
        return None  # not offered, or not to us: what was written is found by looking
    return reader


def may_read(instance: PostgresInstance) -> bool:
    """Tell whether the extension is there, and our role may make it."""
    return instance.capabilities >= {"postgres.superuser", "postgres.extension.pg_walinspect"}


def home(instance: PostgresInstance) -> Activity:
    """Return the server over a connection to where the extension may be.

    That is the maintenance database of a server of ours, and its connection; on somebody else's a
    database that we make for it.
    """
    if not instance.external:
        return instance.databases
    name = instance.databases.names.new(NO_KEY)
    instance.made(name, lambda: instance.databases.create(name))
    server = Activity(Admin(dataclasses.replace(instance.endpoint, database=name)))
    instance.cleanups.push(server.close)
    return server


def create_extension(server: Activity) -> None:
    """Make the extension; another process may do so at the same time."""
    try:
        server.execute(f"create extension if not exists {identifier('pg_walinspect')}")
    except driver().DatabaseError:
        if not server.rows("select 1 from pg_extension where extname = 'pg_walinspect'"):
            raise
