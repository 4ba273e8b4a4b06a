"""Writing a statement with `%s` placeholders as SQLite takes it."""

from __future__ import annotations

import datetime
import decimal
import functools
import re
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from typing import Any

# What can hide a percent sign (https://www.sqlite.org/lang_keywords.html and lang_comment.html).
TOKEN = re.compile(
    r"""
    (?P<hidden>'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]
             | --[^\n]* | /\*.*?(?:\*/|$))
  | (?P<percent>%.?)
    """,
    re.VERBOSE | re.DOTALL,
)

# What SQLite has no type for. sqlite3 has adapters for dates, which are deprecated.
WRITTEN: dict[type, Callable[[Any], object]] = {
    datetime.datetime: lambda value: value.isoformat(" "),
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    decimal.Decimal: str,
    uuid.UUID: str,
}


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
    return [
        WRITTEN[type(value)](value) if type(value) in WRITTEN else value for value in parameters
    ]
