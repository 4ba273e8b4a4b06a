"""From what a column holds to what its field holds."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import types
import typing
import uuid
from collections.abc import Callable
from typing import Any

# What SQLite, which has few types, gives back as text or as a number.
PARSERS: dict[type, Callable[[Any], Any]] = {
    bool: bool,
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    decimal.Decimal: lambda value: decimal.Decimal(str(value)),
    datetime.timedelta: lambda value: datetime.timedelta(seconds=value),
    uuid.UUID: uuid.UUID,
    dict: json.loads,
    list: json.loads,
}


def restored(value: Any, hint: Any) -> Any:
    """Return a column's value as its field's type wants it, where that is one of a few.

    Example:
        >>> restored("2024-02-29", datetime.date), restored(1, bool), restored(None, bool)
        (datetime.date(2024, 2, 29), True, None)
    """
    wanted = plain(hint)
    if value is None or wanted is None or type(value) is wanted:
        return value
    if issubclass(wanted, enum.Enum):
        return wanted(value)
    parse = PARSERS.get(wanted)
    fits = isinstance(value, wanted) or not isinstance(value, str | int | float)
    return value if parse is None or fits else parse(value)


def plain(hint: Any) -> type | None:
    """Return the one class that a type hint allows beside None."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        allowed = [one for one in typing.get_args(hint) if one is not type(None)]
        hint = allowed[0] if len(allowed) == 1 else None
    hint = typing.get_origin(hint) or hint
    return hint if isinstance(hint, type) else None
