"""The SQL functions that conditions of tables use, for values that are not NULL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from harness.core import realtime
from harness.data.checks.casts import as_moment
from harness.data.checks.nodes import UnreadableError
from harness.data.checks.patterns import from_similar
from harness.data.values.shapes import Span


def length(value: Any) -> int:
    """Return the length of a text, in characters, or of bytes."""
    return len(value if isinstance(value, str | bytes) else str(value))


def octets(value: Any) -> int:
    """Return the length in bytes."""
    return len(value if isinstance(value, bytes) else str(value).encode())


def substring(text: str, start: int, count: int | None = None) -> str:
    """Return a part of a text, counted from 1."""
    first = max(start - 1, 0)
    return text[first:] if count is None else text[first : max(start - 1 + count, 0)]


def part_of(field: str, value: Any) -> Decimal:
    """Return what EXTRACT does, for the fields that checks use."""
    if isinstance(value, timedelta):
        if field != "epoch":
            raise UnreadableError(f"extract({field} from interval)")
        return Decimal(str(value.total_seconds()))
    moment = as_moment(value)
    fields: dict[str, Callable[[], float]] = {
        "year": lambda: moment.year,
        "month": lambda: moment.month,
        "day": lambda: moment.day,
        "hour": lambda: moment.hour,
        "minute": lambda: moment.minute,
        "second": lambda: moment.second,
        "dow": lambda: moment.isoweekday() % 7,
        "isodow": moment.isoweekday,
        "doy": lambda: moment.timetuple().tm_yday,
        "epoch": moment.timestamp,
    }
    if field not in fields:
        raise UnreadableError(f"extract({field})")
    return Decimal(str(fields[field]()))


def now() -> datetime:
    """Return the time, as the server has it: no test can freeze that."""
    return datetime.fromtimestamp(realtime.time(), UTC)


def today(value: Any = "now") -> date:
    """Return the date, or that of a moment."""
    return now().date() if value == "now" else as_moment(value).date()


JSON_KINDS = {
    dict: "object", list: "array", str: "string", int: "number", float: "number",
    bool: "boolean", type(None): "null",
}  # fmt: skip


def json_kind(value: Any) -> str:
    """Return what `jsonb_typeof` does."""
    return JSON_KINDS[type(json.loads(value) if isinstance(value, str) else value)]


def is_json(value: Any) -> bool:
    """Tell whether a text is JSON."""
    if isinstance(value, dict | list):
        return True
    try:
        json.loads(value)
    except (ValueError, TypeError):
        return False
    return True


def storage_class(value: Any) -> str:
    """Return what SQLite's `typeof` does."""
    kinds = ((bool | int, "integer"), (float | Decimal, "real"), (bytes, "blob"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "text")


def contains(left: Any, right: Any) -> bool:
    """Tell whether an array has all items of another."""
    if not isinstance(left, list) or not isinstance(right, list):
        raise UnreadableError("@> of what is no array")
    return all(item in left for item in right)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "length": length,
    "char_length": length,
    "character_length": length,
    "octet_length": octets,
    "lower": lambda value: value.low if isinstance(value, Span) else str(value).lower(),
    "upper": lambda value: value.high if isinstance(value, Span) else str(value).upper(),
    "isempty": lambda span: span.low == span.high,
    "lower_inf": lambda span: span.low is None,
    "upper_inf": lambda span: span.high is None,
    "btrim": lambda text, *what: str(text).strip(*what or " "),
    "trim": lambda text, *what: str(text).strip(*what or " "),
    "ltrim": lambda text, *what: str(text).lstrip(*what or " "),
    "rtrim": lambda text, *what: str(text).rstrip(*what or " "),
    "left": lambda text, count: text[:count],
    "right": lambda text, count: text[-count:],
    "substr": substring,
    "substring": substring,
    "strpos": lambda text, part: text.find(part) + 1,
    "instr": lambda text, part: text.find(part) + 1,
    "position": lambda part, text: text.find(part) + 1,
    "starts_with": lambda text, part: text.startswith(part),
    "replace": lambda text, old, new: text.replace(old, new),
    "abs": abs,
    "round": lambda value, digits=0: round(Decimal(str(value)), digits),
    "floor": lambda value: Decimal(str(value)) // 1,
    "trunc": lambda value: Decimal(int(value)),
    "greatest": max,
    "least": min,
    "cardinality": len,
    "array_length": lambda items, dimension: len(items) or None,
    "array_position": lambda items, item: items.index(item) + 1 if item in items else None,
    "similar_to_escape": from_similar,
    "@>": contains,
    "<@": lambda left, right: contains(right, left),
    "&&": lambda left, right: contains(left, left) and any(item in right for item in left),
    "jsonb_typeof": json_kind,
    "json_typeof": json_kind,
    "json_valid": is_json,
    "typeof": storage_class,
    "extract": part_of,
    "date_part": part_of,
    "now": now,
    "transaction_timestamp": now,
    "statement_timestamp": now,
    "clock_timestamp": now,
    "current_timestamp": lambda *precision: now(),
    "localtimestamp": lambda *precision: now().replace(tzinfo=None),
    "current_date": today,
    "date": today,
    "at time zone": lambda moment, zone: as_moment(moment).replace(tzinfo=None),
}
