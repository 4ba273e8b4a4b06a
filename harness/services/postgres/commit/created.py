"""Dropping what a test has created, where that is all it has done to the structure."""

from __future__ import annotations

from typing import Any

from harness.services.postgres.commit.structure import newer

# What is told apart by the number of its row, and goes with all that belongs to it.
KINDS = (
    ("pg_class", "relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relpersistence <> 't'"),
    (
        "pg_type",
        "typcategory <> 'A' and coalesce((select relkind = 'c' from pg_class c "
        "where c.oid = typrelid), true)",
    ),
    ("pg_proc", "true"),
    ("pg_namespace", "nspname not like 'pg\\_temp%' and nspname not like 'pg\\_toast_t%'"),
)


def drop_created(session: Any, since: int, highest: int) -> bool:
    """Drop what was created, and what depends on it, unless something older was altered.

    What this leaves, an altered index for example, is for the caller to find.

    Args:
        session: A session of the database, in autocommit.
        since: The transaction from which on a row of a catalog is newer.
        highest: The highest number that an object had before.

    Returns:
        Whether something was dropped.

    Raises:
        pg8000.dbapi.DatabaseError: Something keeps it, such as an extension.
    """
    parts = (
        f"select '{catalog}'::regclass kind, oid from {catalog} where {which} and {newer(since)}"
        for catalog, which in KINDS
    )
    rows = session.execute_simple(
        f"select o.oid::int8, i.type, i.identity from ({' union all '.join(parts)}) o, "
        "pg_identify_object(o.kind, o.oid, 0) i"
    ).rows
    if not rows or any(number <= highest for number, _, _ in rows):
        return False
    drops = (f"drop {kind} if exists {identity} cascade" for _, kind, identity in rows)
    session.execute_simple("; ".join(drops))
    return True
