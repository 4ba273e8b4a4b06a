"""Writing names into SQL."""

from __future__ import annotations

import re

from harness.core.names import identifier as identifier
from harness.core.names import literal as literal
from harness.core.names import table_name as table_name


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


NAMES = re.compile(r'\s*"(?:[^"]|"")*"|[^,]+')


def setting_value(setting: str, value: str) -> str:
    """Write the value of a server setting for `alter database ... set`.

    Example:
        >>> setting_value("search_path", '"a, b", public'), setting_value("DateStyle", "ISO, DMY")
        ("'a, b', 'public'", "'ISO, DMY'")
    """
    if setting.lower() not in LISTS:
        return literal(value)
    names = (name.strip() for name in NAMES.findall(value))
    return ", ".join(
        literal(name[1:-1].replace('""', '"') if name.startswith('"') else name) for name in names
    )
