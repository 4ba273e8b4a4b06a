"""Seeing what connections other than the lease's own did to a database."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.grace import outlasting
from harness.errors import LeakError
from harness.services.postgres.activity import Session
from harness.services.postgres.connect import connect
from harness.services.postgres.databases import Databases
from harness.services.sockets import open_ports

if TYPE_CHECKING:
    from harness.services.postgres.commit.cluster import ServerGuard
    from harness.services.postgres.instance import PostgresInstance

GRACE = 1.0  # seconds
MOST_GRACE = 10.0
UNIX_SOCKET = -1  # the port of its clients, of which nothing is known

TABLES = """
select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema')
order by 1
"""
STRUCTURE = """
select count(*), coalesce(max(o.oid), 0),
       count(*) filter (where age(o.xmin) <= age({xid}::text::xid))
from (
    select oid, xmin, relnamespace as namespace from pg_class where relpersistence <> 't'
    union all select oid, xmin, pronamespace from pg_proc
    union all select oid, xmin, typnamespace from pg_type
    union all select oid, xmin, connamespace from pg_constraint
    union all select t.oid, t.xmin, c.relnamespace
              from pg_trigger t join pg_class c on c.oid = t.tgrelid
    union all select oid, xmin, oid from pg_namespace
) o join pg_namespace n on n.oid = o.namespace
where n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname not like 'pg\\_temp%' and n.nspname not like 'pg\\_toast%'
"""
MOMENT = """
select txid_snapshot_xmax(txid_current_snapshot()) % 4294967296,
       pg_current_wal_insert_lsn() - '0/0'
"""
OID = "select oid::int8 from pg_database where datname = current_database()"


@dataclass(frozen=True)
class Sight:
    """What a database looked like at one moment, as others see it.

    Attributes:
        xid: The next transaction id.
        written: Up to where the server's log is written, in bytes.
        structure: A fingerprint of its tables and indexes.
        tables: For each table its number of rows, and how many of them are newer than `xid`.
    """

    xid: int
    written: int
    structure: tuple[int, ...]
    tables: dict[str, tuple[int, int]]


class Watcher:
    """A session beside the test's own, which sees only what is committed.

    Args:
        instance: The server.
        name: The database.
        test_pid: Server process of the test's own session.
    """

    def __init__(self, instance: PostgresInstance, name: str, test_pid: int) -> None:
        self._connection = connect(
            instance.endpoint, name, application_name="harness watcher", lock_timeout="2000"
        )
        self._connection.autocommit = True
        self.known = (test_pid, int(self._value("select pg_backend_pid()")))

    def _value(self, sql: str) -> int:
        return int(self._connection.execute_simple(sql).rows[0][0])

    def _moment(self) -> tuple[int, int]:
        xid, written = self._connection.execute_simple(MOMENT).rows[0]
        return int(xid), int(written)

    def concerning(self, guard: ServerGuard, before: Sight) -> int | None:
        """Return the number of the database if the whole server may have been changed from it."""
        if not guard.differs():
            return None
        database = self._value(OID)
        concerned = guard.concerns(database, before.written, self._moment()[1])
        return database if concerned else None

    def look(self, since: int | None = None) -> Sight:
        """Return what is committed.

        Args:
            since: Count rows that are newer than this transaction id; the current one.
        """
        current, written = self._moment()
        xid = current if since is None else since
        structure = self._connection.execute_simple(STRUCTURE.format(xid=xid)).rows[0]
        tables = [row[0] for row in self._connection.execute_simple(TABLES).rows]
        return Sight(
            xid,
            written,
            tuple(map(int, structure)),
            {table: self._rows(table, xid) for table in tables},
        )

    def _rows(self, table: str, xid: int) -> tuple[int, int]:
        row = self._connection.execute_simple(
            f"select count(*), count(*) filter (where age(xmin) <= age({xid}::text::xid)) "
            f"from only {table}"
        ).rows[0]
        return int(row[0]), int(row[1])

    def changed_since(self, before: Sight) -> list[str]:
        """Return what other connections committed: names of tables, or `structure`."""
        if self._moment()[0] == before.xid:
            return []
        after = self.look(before.xid)
        names = sorted({*before.tables, *after.tables})
        changed = [name for name in names if before.tables.get(name) != after.tables.get(name)]
        return changed or (["the structure"] if after.structure != before.structure else [])

    def close(self) -> None:
        """Close the session."""
        self._connection.close()


def lingering(databases: Databases, name: str, known: tuple[int, ...]) -> list[Session]:
    """Return the sessions that are still open on a database after a moment's grace.

    Closing takes the server a moment, and more on a busy machine, where the client's end tells that
    it was closed; a connection that nobody refers to is closed by collecting garbage.
    """

    @functools.cache  # asked for only where there is a session at all
    def servers() -> set[int]:
        return {databases.endpoint.port, int(databases.rows("show port")[0][0])}

    return outlasting(
        lambda: databases.sessions(name, known), lambda found: patience(found, servers())
    )


def patience(sessions: list[Session], servers: set[int]) -> float:
    """Return for how many seconds to wait for sessions to end."""
    in_use = {UNIX_SOCKET, *open_ports(servers)}
    return GRACE if any(session.client_port in in_use for session in sessions) else MOST_GRACE


def leaked(sessions: list[Session]) -> LeakError:
    """Return the error for connections that a test left open."""
    return LeakError(
        f"the test left {len(sessions)} connection(s) to its database open",
        detail="\n".join(str(session) for session in sessions),
        cause="a pool or a connection made from the lease's dsn was not closed",
        hint="close it in the test, or with self.addCleanup(pool.close)",
    )
