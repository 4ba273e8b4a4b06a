"""What the SQLite of this Python can do."""

from __future__ import annotations

import sqlite3

# Since which version, of what the SQL of tests and migrations asks for (sqlite.org/changes.html).
SINCE = {
    "generated_columns": (3, 31, 0),
    "returning": (3, 35, 0),
    "drop_column": (3, 35, 0),
    "strict": (3, 37, 0),
    "right_join": (3, 39, 0),
}


def capabilities() -> frozenset[str]:
    """Return what tests can require.

    These are `sqlite`, `sqlite.version.3.40`, words for what later versions brought, such as
    `sqlite.returning`, and what it was built with, such as `sqlite.fts5`.
    """
    major, minor, _ = sqlite3.sqlite_version_info
    newer = (word for word, since in SINCE.items() if sqlite3.sqlite_version_info >= since)
    words = (f"version.{major}.{minor}", *newer, *built_in())
    return frozenset(("sqlite", *(f"sqlite.{word}" for word in words)))


def built_in() -> list[str]:
    """Return what this SQLite was built with, such as `fts5` and `json`."""
    connection = sqlite3.connect(":memory:")
    try:
        options = [row[0] for row in connection.execute("pragma compile_options")]
        json = ["json"] if has_json(connection) else []
    finally:
        connection.close()
    enabled = [option.removeprefix("ENABLE_") for option in options if option.startswith("ENABLE_")]
    return [*json, *(option.partition("=")[0].lower() for option in enabled)]


def has_json(connection: sqlite3.Connection) -> bool:
    """Tell whether there are functions for JSON: built in since 3.38, an option before."""
    try:
        connection.execute("select json('{}')")
    except sqlite3.OperationalError:
        return False
    return True
