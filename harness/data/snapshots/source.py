"""The tables of a database that a snapshot is made of, as the server knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.data.catalog import own

Rows = Callable[[str], list[Any]]

# A partition goes by the names of the tables above it, too: what is said of these holds for it.
TABLES = f"""
with recursive above(child, parent) as (
    select oid, oid from pg_class where relkind in ('r', 'p', 'f')
    union select a.child, i.inhparent from above a join pg_inherits i on i.inhrelid = a.parent
)
select c.oid::bigint, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), c.relkind::text,
       array(select unnest(array[p.relname::text, concat(s.nspname, '.', p.relname)])
             from above join pg_class p on p.oid = parent
             join pg_namespace s on s.oid = p.relnamespace where child = c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f') and {own("pg_class", "c.oid")} order by 4
"""
COLUMNS = f"""
select a.attrelid::bigint, a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce(b.typname, t.typname), a.attnotnull or t.typnotnull,
       a.atthasdef or a.attidentity <> '' or t.typdefault is not null,
       coalesce(nullif(case when t.typtype = 'd' then t.typtypmod else a.atttypmod end, -1) - 4, 0),
       exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique
               and a.attnum = any (i.indkey))
       or exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'f'
                  and a.attnum = any (k.conkey))
from pg_attribute a join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
left join pg_type b on b.oid = t.typbasetype and t.typtype = 'd'
where a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relkind in ('r', 'p', 'f')
and {own("pg_class", "c.oid")} order by a.attrelid, a.attnum
"""
SEQUENCES = f"""
select format('%I.%I', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and {own("pg_class", "c.oid")} order by 1
"""


# Column by column, of tables that are no partitions: what refers to what.
REFERENCES = """
select k.conrelid::bigint, a.attname, k.confrelid::bigint, b.attname
from pg_constraint k, unnest(k.conkey, k.confkey) as pair (mine, theirs), pg_attribute a,
pg_attribute b
where k.contype = 'f' and a.attrelid = k.conrelid and a.attnum = pair.mine
and b.attrelid = k.confrelid and b.attnum = pair.theirs order by 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Column:
    """A column of a table, one that holds values of its own.

    Attributes:
        name: Its name.
        type: Its type, as SQL writes it.
        base: The name of the type that it is, or that its domain is of, such as `varchar`.
        required: Whether it is NOT NULL.
        has_default: Whether it gets a value where none is given.
        length: How many characters it takes, where its type says so; else 0.
        unique: Whether a unique index holds it, or it refers to such a one.
    """

    name: str
    type: str
    base: str
    required: bool
    has_default: bool
    length: int
    unique: bool


@dataclass(frozen=True)
class SourceTable:
    """A table of the database.

    Attributes:
        oid: What the server knows it by.
        schema: Of the table.
        plain: Its name without the schema.
        name: Its name as SQL writes it.
        kind: `r` for a table, `p` for a partitioned one, `f` for a foreign one.
        names: What it may be called: with and without schema, its own and those above it.
        columns: Its columns.
        references: Those of its columns that refer to others: name, the other's table and name.
    """

    oid: int
    schema: str
    plain: str
    name: str
    kind: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[str, int, str], ...] = ()

    def is_called(self, pattern: str) -> bool:
        """Tell whether a name, or a pattern such as `audit_*`, means this table."""
        return any(fnmatchcase(name, pattern) for name in self.names)

    def column(self, name: str) -> str:
        """Return how a column of it is told to people."""
        return f"{self.schema}.{self.plain}.{name}"


def read_tables(rows: Rows) -> list[SourceTable]:
    """Return the user's tables, ordered by name."""
    columns: dict[int, list[Column]] = {}
    for oid, *described in rows(COLUMNS):
        columns.setdefault(oid, []).append(Column(*described))
    references: dict[int, list[tuple[str, int, str]]] = {}
    for oid, mine, other, theirs in rows(REFERENCES):
        references.setdefault(oid, []).append((mine, other, theirs))
    return [
        SourceTable(
            oid,
            schema,
            plain,
            name,
            kind,
            tuple(names),
            tuple(columns.get(oid, ())),
            tuple(references.get(oid, ())),
        )
        for oid, schema, plain, name, kind, names in rows(TABLES)
    ]


def read_sequences(rows: Rows) -> list[tuple[str, int, bool]]:
    """Return name, last value and whether that was handed out, of each sequence."""
    return [
        (name, *rows(f"select last_value, is_called from {name}")[0]) for (name,) in rows(SEQUENCES)
    ]
