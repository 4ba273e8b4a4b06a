"""Tables by name, and what refers to them."""

from __future__ import annotations

import re
from typing import Any

from harness.core.names import PART, identifier
from harness.services.sqlite.script import plain

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAMES = (
    "select name from sqlite_master where type in ('table', 'view') "
    "and name not like 'sqlite\\_%' escape '\\' order by name"
)
REFERENCES = (
    'select distinct m.name, r."table" '
    "from sqlite_master m, pragma_foreign_key_list(m.name) r where m.type = 'table'"
)


def is_there(connection: Any, table: str) -> bool:
    """Tell whether there is a table, or a view, of that name."""
    *schema, name = (plain(part) for part in PART.findall(table))
    known = {plain(row[1]) for row in connection.execute("pragma database_list").fetchall()}
    if schema and schema[0] not in known:
        return False
    places = [f"{identifier(part)}.sqlite_master" for part in schema or sorted(known)]
    query = "select 1 from {} where type in ('table', 'view') and lower(name) = ?"
    return any(connection.execute(query.format(place), [name]).fetchone() for place in places)


def read_as(name: str) -> str:
    """Write a table's name as it is read: with quotes where it is no plain word."""
    return name if PLAIN_NAME.fullmatch(name) else identifier(name)


def empty(connection: Any, table: str) -> None:
    """Delete all rows of a table and of all that refer to it.

    Args:
        connection: A connection on which each statement commits by itself.
        table: The table, as SQL names it.
    """
    *schema, name = (plain(part) for part in PART.findall(table))
    pairs = [(plain(a), plain(b)) for a, b in connection.execute(REFERENCES).fetchall()]
    names, circular = emptying_order(pairs if schema in ([], ["main"]) else [], name)
    prefix = "".join(f"{identifier(part)}." for part in schema)
    connection.execute("savepoint harness_empty")
    try:
        if circular:
            connection.execute("pragma defer_foreign_keys = on")
        for name in names:
            connection.execute(f"delete from {prefix}{identifier(name)}")
    except BaseException:
        connection.execute("rollback to harness_empty")
        connection.execute("release harness_empty")
        raise
    connection.execute("release harness_empty")


def emptying_order(pairs: list[tuple[str, str]], table: str) -> tuple[list[str], bool]:
    """Return a table and all that refer to it, directly or not, each before what it refers to.

    Args:
        pairs: For each reference, the table that refers and the one referred to.
        table: The table.

    Returns:
        The tables, and whether some refer to each other, so that there is no such order.

    Example:
        >>> emptying_order([("lines", "orders"), ("orders", "items"), ("items", "items")], "items")
        (['lines', 'orders', 'items'], False)
    """
    found: list[str] = []
    path: list[str] = []
    circles: list[str] = []

    def visit(name: str) -> None:
        if name in path[:-1]:
            circles.append(name)
        if name in found or name in path:
            return
        path.append(name)
        for referring, referred in pairs:
            if referred == name:
                visit(referring)
        found.append(path.pop())

    visit(table)
    return found, bool(circles)
