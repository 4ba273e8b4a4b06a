"""Who has changed what all databases of a server share, as the server's log tells.

A commit that changes a catalog names the database of its session, which is the proof that it was a
test's. SQL shows no such field, so it is read from the record itself.
Source: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/access/xact.h
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

LENGTH = 128  # bytes of a record, which is enough for what is read of it
READ = rf"""
prepare harness_authors (pg_lsn) as
with records as materialized (
    select start_lsn, xid, resource_manager as manager, record_type as kind, description, block_ref
    from {{function}} where resource_manager in ('Heap', 'Heap2', 'Transaction')
), writers as (
    select distinct xid::text, substring(block_ref from 'rel \d+/0/(\d+)')::int8 as file
    from records where manager <> 'Transaction' and block_ref like '%/0/%'
), commits as (
    select start_lsn, xid::text,
           string_to_array(substring(description from 'subxacts: ([\d ]*\d)'), ' ') as below
    from records where manager = 'Transaction' and kind like 'COMMIT%'
)
select w.xid::int8, w.file, f.file_offset,
       pg_read_binary_file('pg_wal/' || f.file_name, f.file_offset, {LENGTH}, true)
from writers w join commits c on w.xid = c.xid or w.xid = any(c.below)
cross join lateral pg_walfile_name_offset(c.start_lsn) f
"""
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
class Authors:
    """Which transactions have written to what databases share.

    Attributes:
        databases: For each transaction the database of its session; 0 where that is not known.
        writers: For each file of a shared catalog the transactions that wrote to it.
    """

    databases: dict[int, int]
    writers: dict[int, set[int]]

    def is_by(self, xid: int, database: int) -> bool:
        """Tell whether a transaction is known to be of a session of a database."""
        return self.databases.get(xid, 0) == database

    def is_only_by(self, file: int, database: int) -> bool:
        """Tell whether a catalog was written to, and by sessions of one database alone."""
        xids = self.writers.get(file, set())
        return bool(xids) and all(self.is_by(xid, database) for xid in xids)


def authors(rows: Iterable[tuple[int, int, int, bytes]]) -> Authors:
    """Read what `READ` returns."""
    found = Authors({}, {})
    for xid, file, offset, record in rows:
        found.databases[xid] = database_of(bytes(record or b""), offset)
        found.writers.setdefault(file, set()).add(xid)
    return found


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
