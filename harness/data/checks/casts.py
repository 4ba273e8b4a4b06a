"""Reading literals as values of a type, and comparing values of different types."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.data.checks.nodes import UnreadableError

TEXTS = ("text", "character varying", "varchar", "character", "char", "bpchar", "name", "citext")
INTEGERS = ("integer", "int", "smallint", "bigint", "int2", "int4", "int8", "oid")
NUMBERS = ("numeric", "decimal", "real", "double precision", "float", "float4", "float8", "money")
MOMENTS = (
    "timestamp", "datetime", "timestamp without time zone", "timestamp with time zone",
    "timestamptz",
)  # fmt: skip
TIMES = ("time", "time without time zone")
# A month and a year as short as they can be: an end that is drawn before them is before the real.
UNITS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400,
    "week": 604800, "mon": 28 * 86400, "month": 28 * 86400, "year": 365 * 86400,
}  # fmt: skip
AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z]+?)s?\b")
CLOCK = re.compile(r"([+-]?)(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?")


def cast(value: Any, type_name: str) -> Any:
    """Return a value as one of another type; of a type that is not known here, as it is.

    Raises:
        UnreadableError: It cannot be read so.

    Example:
        >>> cast("2026-01-31", "date")
        datetime.date(2026, 1, 31)
    """
    if value is None:
        return None
    if type_name.endswith("[]"):
        return [cast(item, type_name[:-2]) for item in as_list(value)]
    reader = READERS.get(type_name)
    try:
        return value if reader is None else reader(value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise UnreadableError(f"{value!r} as {type_name}") from error


def as_list(value: Any) -> list[Any]:
    """Read an array's literal, as far as its items need no quotes."""
    if isinstance(value, list | tuple):
        return list(value)
    text = str(value).strip()
    if not (text.startswith("{") and text.endswith("}")) or "{" in text[1:]:
        raise ValueError(text)
    return [item.strip().strip('"') for item in text[1:-1].split(",") if item]


def as_text(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_number(value: Any) -> Decimal:
    """Read a number."""
    return Decimal(str(value).replace("$", "").replace(",", ""))


def as_integer(value: Any) -> int:
    """Read a whole number, rounded."""
    return int(as_number(value).to_integral_value())


def as_boolean(value: Any) -> bool:
    """Read a boolean."""
    return (
        value.lower() in ("t", "true", "1", "yes", "on") if isinstance(value, str) else bool(value)
    )


def as_date(value: Any) -> date:
    """Read a date."""
    return as_moment(value).date()


def as_moment(value: Any) -> datetime:
    """Read a date with its time."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return datetime.fromisoformat(value)


def as_time(value: Any) -> time:
    """Read a time of day."""
    if isinstance(value, datetime):
        return value.time()
    return value if isinstance(value, time) else time.fromisoformat(value)


def as_duration(value: Any) -> timedelta:
    """Read an interval in PostgreSQL's own style, such as `1 day 02:00:00`."""
    if isinstance(value, timedelta):
        return value
    amounts, clock = AMOUNT.findall(CLOCK.sub("", value)), CLOCK.search(value)
    if (not amounts and clock is None) or any(unit not in UNITS for _, unit in amounts):
        raise ValueError(value)
    seconds = sum(float(amount) * UNITS[unit] for amount, unit in amounts)
    if clock is not None:
        sign, hours, minutes, rest = clock.groups()
        clocked = int(hours) * 3600 + int(minutes) * 60 + float(rest or 0)
        seconds += -clocked if sign == "-" else clocked
    return timedelta(seconds=seconds)


READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXTS, as_text),
    **dict.fromkeys(INTEGERS, as_integer),
    **dict.fromkeys(NUMBERS, as_number),
    **dict.fromkeys(MOMENTS, as_moment),
    **dict.fromkeys(TIMES, as_time),
    "date": as_date,
    "interval": as_duration,
    "boolean": as_boolean,
    "bool": as_boolean,
}


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values as such that Python compares and adds.

    Raises:
        UnreadableError: They cannot be.
    """
    if type(left) is type(right) and not isinstance(left, datetime | float):
        return left, right
    for kinds, convert in CONVERSIONS:
        if isinstance(left, kinds) or isinstance(right, kinds):
            try:
                return convert(left), convert(right)
            except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
                raise UnreadableError(f"{left!r} beside {right!r}") from error
    return left, right


def aware(value: Any) -> datetime:
    """Return a moment in UTC, which one without a zone is taken for."""
    moment = as_moment(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((datetime, date), aware),
    (time, as_time),
    (timedelta, as_duration),
    ((int, float, Decimal), as_number),
)
