"""In which tables two databases differ."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harness.core.names import identifier

ORIGINAL = "harness_original"
OBJECTS = "select name, sql from {schema}.sqlite_master where name not like 'sqlite_stat%'"


def changed_tables(connection: sqlite3.Connection, original: Path) -> list[str]:
    """Return the names of what differs between a connection's database and another file.

    Args:
        connection: A connection that has no transaction open.
        original: The file to compare with.
    """
    connection.execute(f"attach ? as {ORIGINAL}", [f"{original.as_uri()}?mode=ro"])
    try:
        ours = dict(connection.execute(OBJECTS.format(schema="main")))
        theirs = dict(connection.execute(OBJECTS.format(schema=ORIGINAL)))
        redefined = {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
        tables = set(ours) - redefined
        written = {
            name for name in tables if is_table(connection, name) and differs(connection, name)
        }
        return sorted(redefined | written)
    finally:
        connection.execute(f"detach {ORIGINAL}")


def written_tables(connection: sqlite3.Connection, original: Path) -> frozenset[str]:
    """Return the names of the tables that differ between a connection's database and another file.

    Args:
        connection: A connection that has no transaction open.
        original: The file to compare with.
    """
    changed = changed_tables(connection, original)
    return frozenset(
        name for name in changed if is_table(connection, name) and not name.startswith("sqlite_")
    )


def is_table(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether a name is that of a table that holds rows itself."""
    query = "select rootpage > 0 from main.sqlite_master where type = 'table' and name = ?"
    found = connection.execute(query, [name]).fetchone()
    return bool(found and found[0])


def differs(connection: sqlite3.Connection, table: str) -> bool:
    """Tell whether a table holds other rows than in the original."""
    ours, theirs = f"main.{identifier(table)}", f"{ORIGINAL}.{identifier(table)}"
    query = (
        f"select (select count(*) from {ours}) <> (select count(*) from {theirs}) "
        f"or exists (select * from {ours} except select * from {theirs})"
    )
    return bool(connection.execute(query).fetchone()[0])
