"""Reading from the write-ahead log what was written, by any driver and any process.

Source: pg_walinspect, https://www.postgresql.org/docs/current/pgwalinspect.html
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.services.postgres.commit.authors import READ as AUTHORS
from harness.services.postgres.commit.authors import Authors, authors
from harness.services.postgres.connect import connect, driver, is_over
from harness.services.postgres.names import identifier

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

VERSION = 150000  # the first one with pg_walinspect
TO_THE_END = 160000  # the first one whose usual function takes an end that is not yet written
FARTHEST = 1 << 19  # bytes of log that are cheaper to read than the catalogs are to compare
FARTHEST_MARK = 1 << 24  # the same where nothing was counted that could be compared
NO_KEY = "0" * 8  # of a database that is of no template
SHARED = 0  # the database of what belongs to all databases

# Row locks, pruning, freezing and in-place updates (by a vacuum) change no row.
READ = """
prepare harness_wal (pg_lsn) as
with records as materialized (
    select xid, resource_manager as manager, split_part(record_type, '+', 1) as kind,
           substring(block_ref from 'rel \\d+/(\\d+/\\d+)') as place
    from {function}
    where resource_manager in ('Heap', 'Heap2', 'Sequence', 'Transaction')
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
FLUSH = "select pg_logical_emit_message(true, 'harness', '')"


@dataclass(frozen=True)
class Writes:
    """What the log says was written, by the number of the file it was written to.

    Attributes:
        rows: How many rows were written to the files of one database.
        sequences: Its sequences that were moved.
        shared: Files of what belongs to all databases.
    """

    rows: Counter[int] = field(default_factory=Counter)
    sequences: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)


class WalReader:
    """A session that reads the log.

    Args:
        session: Opens it, in a database that has the extension.
        version: The server's.
    """

    def __init__(self, session: Callable[[], Any], version: int) -> None:
        self._open = session
        self._function = (
            "pg_get_wal_records_info($1, 'FFFFFFFF/FFFFFFFF')"
            if version >= TO_THE_END
            else "pg_get_wal_records_info_till_end_of_wal($1)"
        )
        self._session: Any = None
        self._lock = threading.RLock()  # tests of several threads share the session

    def prepare(self) -> None:
        """Open the session, and find out whether it may read.

        Raises:
            pg8000.dbapi.DatabaseError: It may not.
        """
        self._session = self._open()
        self._session.autocommit = True
        for statement in (READ, PAGES, AUTHORS):
            self._session.execute_simple(statement.format(function=self._function))
        start = self._session.execute_simple("select pg_current_wal_insert_lsn()").rows[0][0]
        self.flush()
        self._session.execute_simple(f"execute harness_wal('{start}')")

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
        """Run one of the prepared statements, on a new session where the last one was lost."""
        with self._lock:
            try:
                if self._session is None:
                    self.prepare()
                if not flushed:
                    self.flush()
                query = f"execute {statement}('{lsn(start)}')"
                rows: list[Any] = self._session.execute_simple(query).rows
                return rows
            except (driver().Error, OSError) as error:
                if is_over(error):
                    self.close()
                return None  # such as a part that was removed already

    def flush(self) -> None:
        """Have all that was written up to now flushed, which a reader needs."""
        self._session.execute_simple(FLUSH)

    def close(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        try:
            if session is not None:
                session.close()
        except (driver().Error, OSError):
            pass  # closed by the server already


def collect(rows: list[tuple[str, str, int]], database: int) -> Writes:
    """Sort records by what they were written to.

    Example:
        >>> collect([("Heap", "5/16384", 2), ("Heap", "0/1260", 1), ("Heap", "7/1", 1)], 5)
        Writes(rows=Counter({16384: 2}), sequences=set(), shared={1260})
    """
    writes = Writes()
    for manager, place, count in rows:
        base, file = map(int, place.split("/"))
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

    The extension is made in the maintenance database of a server of ours; on somebody else's in a
    database that we make for it.
    """
    if instance.databases.server_version < VERSION or not may_read(instance):
        return None
    try:
        home = instance.endpoint.database if not instance.external else own_home(instance)

        def session() -> Any:
            return connect(instance.endpoint, home, synchronous_commit="on")

        create_extension(session())
        reader = WalReader(session, instance.databases.server_version)
        reader.prepare()
    except driver().DatabaseError:
        return None  # not offered, or not to us: what was written is found by looking
    instance.cleanups.push(reader.close)
    return reader


def may_read(instance: PostgresInstance) -> bool:
    """Tell whether the extension is there, and our role may make it."""
    return instance.capabilities >= {"postgres.superuser", "postgres.extension.pg_walinspect"}


def own_home(instance: PostgresInstance) -> str:
    """Make a database for the extension."""
    name = instance.databases.names.new(NO_KEY)
    instance.made(name, lambda: instance.databases.create(name))
    return name


def create_extension(session: Any) -> None:
    """Make the extension; another process may do so at the same time."""
    try:
        session.autocommit = True
        session.execute_simple(f"create extension if not exists {identifier('pg_walinspect')}")
    except driver().DatabaseError:
        if not session.execute_simple(
            "select 1 from pg_extension where extname = 'pg_walinspect'"
        ).rows:
            raise
    finally:
        session.close()
