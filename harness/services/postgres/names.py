"""Writing names into SQL."""

from __future__ import annotations

import re
import string

# What PostgreSQL folds in a name without quotes; other letters it leaves.
FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
PART = re.compile(r'"(?:[^"]|"")*"|[^".]+')


def literal(value: str) -> str:
    """Quote a string for SQL.

    Example:
        >>> literal("it's")
        "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote one name exactly as it is.

    Example:
        >>> identifier("order")
        '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def table_name(name: str) -> str:
    """Read a table's name as SQL would, and quote it, so that reserved words work too.

    Args:
        name: `users`, `shop.users`, or `"Users"` with its quotes where case matters.

    Example:
        >>> table_name('Shop."Order"')
        '"shop"."Order"'
    """
    parts = PART.findall(name)
    return ".".join(
        part if part.startswith('"') else identifier(part.translate(FOLDED)) for part in parts
    )


def shown(schema: str, table: str) -> str:
    """Return a table's name as people write it.

    Example:
        >>> shown("public", "orders"), shown("audit", "log")
        ('orders', 'audit.log')
    """
    return table if schema == "public" else f"{schema}.{table}"


# Settings that are lists of names: `set` takes each name apart, a command line all in one text.
LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "temp_tablespaces",
}


def setting_value(setting: str, value: str) -> str:
    """Write the value of a server setting for `alter database ... set`.

    Example:
        >>> setting_value("search_path", '"$user", public'), setting_value("DateStyle", "ISO, DMY")
        ("'$user', 'public'", "'ISO, DMY'")
    """
    if setting.lower() not in LISTS:
        return literal(value)
    names = (name.strip() for name in value.split(","))
    return ", ".join(literal(name[1:-1] if name.startswith('"') else name) for name in names)
