"""What a test has left behind in its database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.pristine import (
    Catalog,
    Pristine,
    Sequence,
    Table,
    ordered,
    read_counts,
    read_mapped,
    read_states,
)
from harness.services.postgres.commit.structure import catalog_counts, newer, outside
from harness.services.postgres.commit.wal import Writes
from harness.services.postgres.names import shown


@dataclass(frozen=True)
class Baseline:
    """What a database looked like before the test.

    Attributes:
        oid: Number of the database.
        xid: The next transaction id.
        written: Up to where the log was written, in bytes.
        catalogs: For each catalog the number of its rows.
        outside: What the server keeps of the database outside of it.
        settings: Time and size of the file that `alter system` writes, and the replication slots.
    """

    oid: int
    xid: int
    written: int
    settings: str
    catalogs: dict[str, int]
    outside: str


@dataclass(frozen=True)
class Damage:
    """What a test has left behind.

    Attributes:
        tables: Tables that may hold other rows than before.
        sequences: Sequences that may stand elsewhere.
        structure: Whether the structure is another one.
        rows: How many rows were written, as far as the log says; at least one for each table.
        roles: Whether roles of the server may have been changed, by anybody.
        databases: Whether its list of databases may have been.
    """

    tables: list[Table]
    sequences: list[Sequence]
    structure: bool
    rows: Counter[Table]
    roles: bool = False
    databases: bool = False

    def __bool__(self) -> bool:
        return bool(self.tables or self.sequences or self.structure)

    def over(self, other: Damage | None) -> Damage:
        """Return it with the tables and sequences of another one that it does not have."""
        if other is None:
            return self
        files = {each.file for each in self.tables} | {each.file for each in self.sequences}
        return replace(
            self,
            tables=[*self.tables, *(each for each in other.tables if each.file not in files)],
            sequences=[
                *self.sequences,
                *(each for each in other.sequences if each.file not in files),
            ],
        )


def damage_told(session: Any, pristine: Pristine, baseline: Baseline, writes: Writes) -> Damage:
    """Return the damage that the log tells of. It does not tell of unlogged tables."""
    catalogs = [pristine.catalogs[file] for file in writes.rows if file in pristine.catalogs]
    unlogged = [table for table in pristine.tables.values() if table.unlogged]
    tables = [table for file, table in pristine.tables.items() if file in writes.rows]
    told = [sequence for file, sequence in pristine.sequences.items() if file in writes.sequences]
    return Damage(
        tables=[*tables, *dirty_tables(session, unlogged, baseline.xid)],
        sequences=[*told, *(s for s in pristine.sequences.values() if s.unlogged)],
        structure=writes.remapped
        or is_other(session, catalogs, baseline, all_rows=True)
        or (bool(writes.shared) and outside(session) != baseline.outside),
        rows=Counter({table: writes.rows[table.file] for table in tables}),
        roles=writes.shared_remapped or bool(writes.shared & pristine.roles),
        databases=writes.shared_remapped or bool(writes.shared & pristine.databases),
    )


def damage_found(
    session: Any, pristine: Pristine, baseline: Baseline, *, superuser: bool
) -> Damage:
    """Return the damage that is found by looking at everything."""
    catalogs = list(pristine.catalogs.values())
    if (
        read_mapped(session) != pristine.mapped
        or is_other(session, catalogs, baseline, all_rows=superuser)
        or outside(session) != baseline.outside
    ):
        return Damage(
            [], [], structure=True, rows=Counter(), roles=superuser
        )  # tables may be missing
    tables = dirty_tables(session, list(pristine.tables.values()), baseline.xid)
    sequences = moved(session, list(pristine.sequences.values()))
    return Damage(tables, sequences, structure=False, rows=Counter(tables), roles=superuser)


def damage_left(session: Any, pristine: Pristine, contents: Contents, since: int) -> Damage:
    """Return what triggers have done while rows were put back.

    Args:
        session: A session of the database.
        pristine: What it should hold.
        contents: The rows of tables that are compared with them.
        since: The transaction from which on a row of other tables is newer.
    """
    tables = list(pristine.tables.values())
    others = [table for table in tables if not (table.rows and table in contents)]
    altered = [t for t in tables if t.rows and t in contents and not contents.equal(session, t)]
    return Damage(
        [*dirty_tables(session, others, since), *altered],
        moved(session, list(pristine.sequences.values())),
        structure=False,
        rows=Counter(),
    )


def moved(session: Any, sequences: list[Sequence]) -> list[Sequence]:
    """Return the sequences that do not stand where they should."""
    states = read_states(session, [sequence.name for sequence in sequences])
    return [s for s, state in zip(sequences, states, strict=True) if s.state != state]


def is_other(session: Any, catalogs: list[Catalog], baseline: Baseline, *, all_rows: bool) -> bool:
    """Tell whether one of the catalogs holds other rows than before.

    The one of tables is looked at first: where it differs, nobody need look at the large ones.
    """
    first = [catalog for catalog in catalogs if catalog.name == "pg_class"]
    others = [catalog for catalog in catalogs if catalog not in first]
    return any(
        count_differs(session, some, baseline, all_rows=all_rows)
        for some in (first, others)
        if some
    )


def count_differs(
    session: Any, catalogs: list[Catalog], baseline: Baseline, *, all_rows: bool
) -> bool:
    """Tell whether one of the catalogs has more rows, fewer rows, or newer ones."""
    found = catalog_counts(session, catalogs, baseline.xid, all_rows=all_rows)
    return any(new or count != baseline.catalogs[name] for name, (count, new) in found.items())


def dirty_tables(session: Any, tables: list[Table], since: int) -> list[Table]:
    """Return the tables that hold other rows than before.

    Args:
        session: A session of the database.
        tables: Those to look at, with the number of their rows.
        since: The transaction from which on a row is newer.
    """
    checks = [f"select {n}, {is_dirty(table, since)}" for n, table in enumerate(tables)]
    return [
        table for table, (_, dirty) in zip(tables, ordered(session, checks), strict=True) if dirty
    ]


def is_dirty(table: Table, since: int) -> str:
    """Return the condition for a table that holds other rows than before."""
    if not table.rows:
        return f"exists (select from only {table.name})"
    written = f"count(*) filter (where {newer(since)})"
    return f"(select count(*) <> {table.rows} or {written} > 0 from only {table.name})"


def reread(
    session: Any, tables: list[Table], sequences: list[Sequence]
) -> tuple[list[Table], list[Sequence]]:
    """Return tables and sequences as they are now."""
    counts = read_counts(session, {table.name: True for table in tables})
    states = read_states(session, [sequence.name for sequence in sequences])
    return (
        [replace(table, rows=count) for table, count in zip(tables, counts, strict=True)],
        [replace(each, state=state) for each, state in zip(sequences, states, strict=True)],
    )


def tables_named(writes: Writes, session: Any) -> list[str]:
    """Return the names of tables that were written to, those that the test made among them."""
    files = ", ".join(map(str, writes.rows)) or "0"
    rows = session.execute_simple(
        "select quote_ident(n.nspname), quote_ident(c.relname) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') "
        f"and n.nspname <> 'pg_catalog' and pg_relation_filenode(c.oid) in ({files})"
    ).rows
    return [shown(*row) for row in rows]
