"""What the caller of `make` gives: values by column, and rows to refer to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from harness.core.nearest import did_you_mean
from harness.data.schema.model import ForeignKey, Table
from harness.errors import MakeError

# What is a value by itself, though it may have attributes named as a column is.
VALUES = (str, bytes, int, float, Decimal, date, time, timedelta, uuid.UUID)


def columns_of(table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given, as values of the table's own columns.

    Args:
        table: The table.
        given: Values by the name of a column, or of what a foreign key refers to: `customer` and
            `customers` stand for the column `customer_id` that refers to `customers`. The value of
            a foreign key is a row of that table, or its key.

    Raises:
        MakeError: There is no such column, it is computed by the database, or two say the same.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        for column, part in parts_of(table, name, value).items():
            if column in values and values[column] != part:
                raise contradiction(table, name, column)
            values[column] = part
    return values


def parts_of(table: Table, name: str, value: Any) -> dict[str, Any]:
    """Return the columns that one given value fills."""
    if isinstance(value, Enum):
        value = value.value
    key = foreign_key(table, name)
    if name in table.columns and (key is None or is_value(value)):
        check_writable(table, name, value)
        return {name: value}
    if key is None:
        raise unknown_column(table, name)
    return dict(zip(key.columns, key_of(table, key, name, value), strict=True))


def check_writable(table: Table, name: str, value: Any) -> None:
    """Do nothing for a column that takes a value.

    Raises:
        MakeError: The database computes it.
    """
    if table.columns[name].generated:
        raise MakeError(
            f'make("{table.name}", {name}={value!r}): the database computes the column {name}',
            cause="it is declared as generated always as (...)",
            hint=f"leave {name} out, and give the columns that it is computed from",
        )


def foreign_key(table: Table, name: str) -> ForeignKey | None:
    """Return the foreign key that a name means: by its column, its table, or both in short.

    Raises:
        MakeError: It could mean several.
    """
    keys = table.foreign_keys
    ways = (
        [key for key in keys if key.columns == (name,)],
        [key for key in keys if name in key.columns],
        [] if name in table.columns else [key for key in keys if name in short_names(key)],
        [] if name in table.columns else [key for key in keys if name == bare(key.table)],
    )
    found = next((way for way in ways if way), [])
    found = [key for key in found if len(key.columns) == min(len(key.columns) for key in found)]
    if len(found) > 1 and name not in table.columns:
        raise ambiguous(table, name, found)
    return found[0] if found else None


def short_names(key: ForeignKey) -> set[str]:
    """Return the names of the columns of a foreign key, without the end that says `key`.

    Example:
        >>> short_names(ForeignKey("f", ("customer_id",), "customers", ("id",)))
        {'customer'}
    """
    found = set()
    for column, referred in zip(key.columns, key.referred, strict=True):
        for end in (f"_{referred}", "_id", "_key", "Id", "ID"):
            if column.endswith(end) and column != end:
                found.add(column.removesuffix(end))
    return found


def bare(table: str) -> str:
    """Return a table's name without its schema and quotes.

    Example:
        >>> bare('shop."Order"')
        'Order'
    """
    return table.rpartition(".")[2].strip('"')


def key_of(table: Table, key: ForeignKey, name: str, value: Any) -> list[Any]:
    """Return the values of a foreign key's columns: those of a row, or the key itself."""
    if value is None:
        return [None for _ in key.columns]
    if not is_value(value):
        found = [part(value, column) for column in key.referred]
        if MISSING not in found:
            return found
    if len(key.columns) == 1:
        if is_value(value) or not isinstance(value, tuple):
            return [value]
    elif type(value) in (tuple, list) and len(value) == len(key.columns):
        return list(value)
    raise MakeError(
        f'make("{table.name}", {name}={value!r}): that is no row of {key.table}',
        cause=f"it has no {', '.join(key.referred)}, which {', '.join(key.columns)} refers to",
        hint=f'give a row that make("{bare(key.table)}") returned, or its key',
    )


MISSING = object()


def part(value: Any, column: str) -> Any:
    """Return one column of a row, a mapping or an object."""
    columns = getattr(value, "columns", None)
    if isinstance(value, Mapping) or (isinstance(value, tuple) and isinstance(columns, tuple)):
        known = value if columns is None or isinstance(value, Mapping) else columns
        return value[column] if column in known else MISSING  # type: ignore[call-overload]
    return getattr(value, column, MISSING)


def is_value(value: Any) -> bool:
    """Tell whether something is a value of a column, rather than a row."""
    return value is None or isinstance(value, VALUES)


def unknown_column(table: Table, name: str) -> MakeError:
    """Return the error for a column that is not there."""
    return MakeError(
        f"{table.name} has no column {name}",
        cause="a mistyped name, or a migration that is not in this database",
        hint=did_you_mean(name, table.columns),
    )


def ambiguous(table: Table, name: str, found: list[ForeignKey]) -> MakeError:
    """Return the error for a name that several foreign keys go by."""
    columns = [", ".join(key.columns) for key in found]
    return MakeError(
        f'make("{table.name}", {name}=...): several foreign keys refer to {name}',
        hint=f"name the column: {' or '.join(columns)}",
    )


def contradiction(table: Table, name: str, column: str) -> MakeError:
    """Return the error for two values of one column."""
    return MakeError(
        f'make("{table.name}", {name}=...): {column} was given twice, with different values',
        hint=f"give {column} once",
    )
