"""Who has changed what all databases of a server share, as the server's log tells.

A commit that changes a catalog names the database of its session, which is the proof that it was a
test's. SQL shows no such field, so it is read from the record itself.
Source: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/access/xact.h
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

LENGTH = 128  # bytes of a record, which is enough for what is read of it
READ = rf"""
prepare harness_authors (pg_lsn) as
with records as materialized (
    select start_lsn, xid::text, resource_manager as manager,
           split_part(record_type, '+', 1) as kind, description, block_ref
    from {{function}} where resource_manager in ('Heap', 'Transaction')
), writes as (
    select * from records where manager = 'Heap' and block_ref like '%/0/%'
    and kind in ('INSERT', 'UPDATE', 'HOT_UPDATE', 'DELETE')
), commits as (
    select *, string_to_array(substring(description from 'subxacts: ([\d ]*\d)'), ' ') as below
    from records where manager = 'Transaction' and kind = 'COMMIT'
)
select w.xid::int8, substring(w.block_ref from 'rel \d+/0/(\d+)')::int8, w.kind, w.block_ref,
       w.description, f.file_offset,
       pg_read_binary_file('pg_wal/' || f.file_name, f.file_offset, {LENGTH}, true)
from writes w join commits c on w.xid = c.xid or w.xid = any(c.below)
cross join lateral pg_walfile_name_offset(c.start_lsn) f
order by w.start_lsn
"""
BLOCK = re.compile(r"blk (\d+)")
OFFSET = re.compile(r"off:? (\d+)")
PAGE = 8192  # bytes
PAGE_HEADER = 24
RECORD_HEADER = 24
INFO = 16  # where in it the flags of the record are
HAS_FLAGS = 0x80  # of which one says that the commit has flags
HAS_DATABASE = 0x01  # of which one says that it names the database
ORIGIN = 253  # what a part of a record begins with, and the bytes that it takes
SIZES = {255: 2, 254: 5}  # of what stands before the commit: its length, in one byte or in four
TIME = 8


@dataclass(frozen=True)
class Write:
    """That a row was written to.

    Attributes:
        xid: The transaction.
        origin: Where the row was before, as its `ctid`; None for a new one.
        place: Where it is now; None for one that was deleted.
    """

    xid: int
    origin: str | None
    place: str | None


@dataclass(frozen=True)
class Authors:
    """Which transactions have written to what databases share.

    Attributes:
        databases: For each transaction the database of its session; 0 where that is not known.
        writes: For each file of a shared catalog what was written, in that order.
    """

    databases: dict[int, int] = field(default_factory=dict)
    writes: dict[int, list[Write]] = field(default_factory=dict)

    def has_made(self, database: int, file: int, place: str) -> bool:
        """Tell whether sessions of a database have made a row, and all that it is."""
        at: str | None = place
        for write in reversed(self.writes.get(file, [])):
            if write.place == at:
                if self.databases[write.xid] != database:
                    return False
                if write.origin is None:
                    return True
                at = write.origin
        return False

    def has_changed(self, database: int, file: int, origin: str, place: str | None) -> bool:
        """Tell whether sessions of a database, and nobody else, have changed a row.

        Args:
            database: The number of the database.
            file: Where the row is.
            origin: Its place before.
            place: Its place now; None for a row that was deleted.
        """
        at, changed = origin, False
        for write in self.writes.get(file, []):
            if write.origin == at:
                if self.databases[write.xid] != database:
                    return False
                at, changed = write.place or "", True
        return changed and at == (place or "")


def authors(rows: Iterable[Any]) -> Authors:
    """Read what `READ` returns."""
    found = Authors()
    for xid, file, kind, blocks, description, offset, record in rows:
        found.databases[xid] = database_of(bytes(record or b""), offset)
        found.writes.setdefault(file, []).append(read_write(xid, kind, blocks, description))
    return found


def read_write(xid: int, kind: str, blocks: str, description: str) -> Write:
    """Read what the log says of a row.

    Example:
        >>> read_write(7, "HOT_UPDATE", "rel 1664/0/1260 blk 8", "off 5 xmax 7; new off 10 xmax 0")
        Write(xid=7, origin='(8,5)', place='(8,10)')
    """
    pages, numbers = BLOCK.findall(blocks), OFFSET.findall(description)
    if not pages or not numbers:
        return Write(xid, None, None)  # of a form that is not known here: it proves nothing
    origin, place = f"({pages[-1]},{numbers[0]})", f"({pages[0]},{numbers[-1]})"
    if kind == "INSERT":
        return Write(xid, None, place)
    return Write(xid, origin, None if kind == "DELETE" else place)


def database_of(record: bytes, offset: int) -> int:
    """Return the number of the database whose session has committed.

    Args:
        record: The begin of the record.
        offset: Its place in the log's file.

    Returns:
        0 where the record does not say it.
    """
    page = PAGE - offset % PAGE
    data = record[:page] + record[page + PAGE_HEADER :]
    try:
        at = RECORD_HEADER + (3 if data[RECORD_HEADER] == ORIGIN else 0)
        flags, database = struct.unpack_from("<II", data, at + SIZES[data[at]] + TIME)
    except (IndexError, KeyError, struct.error):
        return 0  # cut off by the end of a file, or of a form that is not known here
    return int(database) if data[INFO] & HAS_FLAGS and flags & HAS_DATABASE else 0
