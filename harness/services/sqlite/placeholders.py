"""Writing a statement with `%s` placeholders as SQLite takes it."""

from __future__ import annotations

import datetime
import decimal
import functools
import re
import sqlite3
import uuid
from collections.abc import Sequence

# What can hide a percent sign (https://www.sqlite.org/lang_keywords.html and lang_comment.html).
TOKEN = re.compile(
    r"""
    (?P<hidden>'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
             | --[^\n]* | /\*.*?(?:\*/|$))
  | (?P<percent>%.?)
    """,
    re.VERBOSE | re.DOTALL,
)


@functools.lru_cache(maxsize=512)
def translated(sql: str) -> str:
    """Return a statement with `?` for each `%s`, and `%` for each `%%`.

    Quoted strings, quoted names and comments stay as they are.

    Raises:
        sqlite3.ProgrammingError: A percent sign stands before something else.

    Example:
        >>> translated("select '%s', a %% 2 from t where b = %s -- 100%")
        "select '%s', a % 2 from t where b = ? -- 100%"
    """
    return TOKEN.sub(_replaced, sql)


def _replaced(match: re.Match[str]) -> str:
    if match.lastgroup == "hidden":
        return match.group()
    replacement = {"%s": "?", "%%": "%"}.get(match.group())
    if replacement is None:
        raise sqlite3.ProgrammingError("only %s and %% are supported in a statement")
    return replacement


def written(parameters: Sequence[object]) -> Sequence[object]:
    """Return parameters as SQLite can store them: dates, decimals and UUIDs as texts.

    Example:
        >>> written([decimal.Decimal("1.50"), datetime.date(2026, 1, 31), None])
        ['1.50', '2026-01-31', None]
    """
    return [storable(value) for value in parameters]


def storable(value: object) -> object:
    """Return what SQLite can store of a value.

    It has no type for these; sqlite3 has adapters for dates, which are deprecated. The types are
    looked up each time: a test may have frozen them.
    """
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal | uuid.UUID) else value
