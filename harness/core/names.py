"""Writing names and texts into SQL, as every database of ours reads them."""

from __future__ import annotations

import re
import string

# What SQL folds in a name without quotes; other letters PostgreSQL leaves.
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
