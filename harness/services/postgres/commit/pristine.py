"""What a template holds, as far as it takes to put a clone of it back."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.services.postgres.commit.kinds import KINDS

# Not schemas of the user's; what is temporary belongs to one session and ends with it.
USERS_OWN = (
    "n.nspname not in ('pg_catalog', 'information_schema') "
    "and n.nspname not like 'pg\\_temp%' and n.nspname not like 'pg\\_toast%'"
)
TABLES = f"""
select c.oid::int8, pg_relation_filenode(c.oid)::int8,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       c.relpersistence = 'u',
       exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgenabled in ('A', 'R'))
       or exists (select from pg_rewrite r where r.ev_class = c.oid and r.ev_enabled in ('A', 'R')),
       (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = ''),
       (select array_agg(array[quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)]
                         order by k.n) from pg_index i
        cross join unnest(i.indkey::int2[]) with ordinality k (attnum, n)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary),
       pg_relation_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and {USERS_OWN}
order by 3
"""
SEQUENCES = f"""
select c.oid::int8, pg_relation_filenode(c.oid)::int8,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relpersistence = 'u'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and {USERS_OWN}
order by 3
"""
# A vacuum and an analysis write these by themselves.
STATISTICS = "('pg_statistic', 'pg_statistic_ext_data')"
CATALOGS = f"""
select quote_ident(c.relname), pg_relation_filenode(c.oid)::int8,
       exists (select from pg_attribute a
               where a.attrelid = c.oid and a.attname = 'oid' and a.attnum > 0)
from pg_class c
where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r'
  and not c.relisshared and c.relname not in {STATISTICS}
  and has_table_privilege(c.oid, 'select')
order by 1
"""
HIGHEST = """
select greatest((select max(oid::int8) from pg_class), (select max(oid::int8) from pg_type),
                (select max(oid::int8) from pg_proc), (select max(oid::int8) from pg_namespace))
"""
# Catalogs whose files are found by a map: what all databases share, and a few of each.
MAPPED = """
select relname, pg_relation_filenode(oid)::int8 from pg_class
where relfilenode = 0 and relkind = 'r' and {of_all}relisshared
"""
DATABASES = "pg_database"
SHARED_BY_ALL = [kind.catalog for kind in KINDS.values() if kind.catalog not in ("", DATABASES)]


SOME = -1  # rows of a table that nobody has counted


@dataclass(frozen=True)
class Table:
    """A table that holds rows itself: no view, and no partitioned one.

    Attributes:
        oid: Its number, the same in all clones.
        file: Number of its file.
        name: Its name, quoted, with its schema.
        unlogged: Whether the log does not hold what is written to it.
        guarded: Whether a trigger or a rule of it works even while rows are put back.
        columns: Those that can be written, quoted, as a list.
        key: The columns of its primary key, quoted, and their types.
        rows: Number of its rows; `SOME` where they were not counted.
        size: Their size in bytes.
    """

    oid: int
    file: int
    name: str
    unlogged: bool
    guarded: bool
    columns: str
    key: tuple[tuple[str, str], ...]
    rows: int
    size: int


@dataclass(frozen=True)
class Sequence:
    """A sequence, and where it stands.

    Attributes:
        oid: Its number, the same in all clones.
        file: Number of its file.
        name: Its name, quoted, with its schema.
        unlogged: Whether the log does not hold how it moves.
        state: Its last value, and whether that was handed out.
    """

    oid: int
    file: int
    name: str
    unlogged: bool
    state: tuple[int, bool]


@dataclass(frozen=True)
class Catalog:
    """A catalog of one database.

    Attributes:
        name: Its name.
        file: Number of its file.
        numbered: Whether its rows have an oid.
    """

    name: str
    file: int
    numbered: bool


class Pristine:
    """What a template holds: its tables, their rows, its sequences and its catalogs.

    Args:
        session: A session of a clone that nobody has written to.
        counted: Whether to count rows, or only to tell whether there are any.

    Attributes:
        tables: The tables, by the number of their file.
        sequences: The sequences, likewise.
        catalogs: The catalogs, likewise.
        mapped: The files of those catalogs that a `vacuum full` writes anew, and no catalog tells,
            by name.
        roles: The files of what the server knows of roles and of what else its databases share.
        databases: The file of the list of databases.
        highest: The highest number that one of its objects has.
    """

    def __init__(self, session: Any, *, counted: bool) -> None:
        self.tables = {table.file: table for table in read_tables(session, counted=counted)}
        self.sequences = {sequence.file: sequence for sequence in read_sequences(session)}
        rows = session.execute_simple(CATALOGS).rows
        self.catalogs = {file: Catalog(name, file, numbered) for name, file, numbered in rows}
        self.mapped = read_mapped(session)
        self.roles: set[int] = set()
        self.databases: set[int] = set()
        self.learn_files(session)
        self.highest = int(session.execute_simple(HIGHEST).rows[0][0])

    def learn_files(self, session: Any) -> None:
        """Read which files hold what all databases share, for copies of this as well.

        Anybody's `vacuum full` or `reindex` on the server gives them others: that changes nothing
        that the template holds.
        """
        shared = read_mapped(session, of_all=True)
        for files, names in ((self.roles, SHARED_BY_ALL), (self.databases, [DATABASES])):
            files.clear()
            files.update(file for name, file in shared.items() if name in names)

    def changed(self, tables: Iterable[Table], sequences: Iterable[Sequence]) -> Pristine:
        """Return the same with some tables and sequences in another state."""
        other = copy.copy(self)
        other.tables = {**self.tables, **{table.file: table for table in tables}}
        other.sequences = {**self.sequences, **{each.file: each for each in sequences}}
        return other

    @property
    def seeded(self) -> list[Table]:
        """The tables with rows."""
        return [table for table in self.tables.values() if table.rows]


def read_tables(session: Any, *, counted: bool) -> list[Table]:
    """Return the tables of a database."""
    rows = session.execute_simple(TABLES).rows
    filled = {row[2]: counted or row[3] for row in rows if row[7]}
    counts = dict(zip(filled, read_counts(session, filled), strict=True))
    return [
        Table(
            *(oid, file, name, unlogged, guarded),
            columns=columns or "",
            key=tuple((column, kind) for column, kind in key or ()),
            rows=counts.get(name, 0),
            size=size,
        )
        for oid, file, name, unlogged, guarded, columns, key, size in rows
    ]


def read_mapped(session: Any, *, of_all: bool = False) -> dict[str, int]:
    """Return the files of the catalogs that are found by a map, of a database or of all."""
    query = MAPPED.format(of_all="" if of_all else "not ")
    return {str(name): int(file) for name, file in session.execute_simple(query).rows}


def read_counts(session: Any, tables: Mapping[str, bool]) -> list[int]:
    """Return the number of rows of each table.

    Args:
        session: A session of the database.
        tables: For each name whether to count; if not, `SOME` is returned where there are any.
    """
    queries = []
    for number, (name, counted) in enumerate(tables.items()):
        query = f"(select count(*) from only {name})"
        some = f"exists (select from only {name})::int * {SOME}"
        queries.append(f"select {number}, {query if counted else some}")
    return [int(count) for _, count in ordered(session, queries)]


def ordered(session: Any, queries: list[str]) -> list[Any]:
    """Run queries that begin with a number as one, and return their rows in that order."""
    if not queries:
        return []
    rows: list[Any] = session.execute_simple(" union all ".join(queries) + " order by 1").rows
    return rows


def read_sequences(session: Any) -> list[Sequence]:
    """Return the sequences of a database."""
    rows = session.execute_simple(SEQUENCES).rows
    states = read_states(session, [row[2] for row in rows])
    return [
        Sequence(oid, file, name, unlogged, state)
        for (oid, file, name, unlogged), state in zip(rows, states, strict=True)
    ]


def read_states(session: Any, names: Iterable[str]) -> list[tuple[int, bool]]:
    """Return where sequences stand."""
    queries = [
        f"select {number}, last_value, is_called from {name}" for number, name in enumerate(names)
    ]
    return [(int(value), called) for _, value, called in ordered(session, queries)]
