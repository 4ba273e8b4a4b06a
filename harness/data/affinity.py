"""Values of seed files as SQLite stores them, by the type that a column is declared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.data.jsonl import Number, dumped
from harness.data.schema.sqlite import type_of

TRUE = {"t", "true", "y", "yes", "on", "1"}
FALSE = {"f", "false", "n", "no", "off", "0"}
NUMERIC = {"numeric", "decimal"}
Convert = Callable[[Any], Any]


class UnfitError(ValueError):
    """A value that a column of that type is not meant for."""


def converter(declared: str, *, in_json: bool = False) -> Convert:
    """Return what makes a value of a seed file one that SQLite stores in a column.

    SQLite itself takes every value in every column; what PostgreSQL refuses for the type that is
    declared is refused here as well.

    Args:
        declared: The type, as the table's definition has it.
        in_json: Whether the values were written as JSON, so that a text is one of JSON's.

    Example:
        >>> converter("boolean")("yes"), converter("numeric(9, 2)")("1.10"), converter("text")([1])
        (1, '1.10', '[1]')
    """
    word = declared.lower().partition("(")[0].strip()
    name = type_of(declared).name if word else ""
    convert = BY_TYPE.get(name, stored)
    if name == "numeric" and word not in NUMERIC:
        convert = stored  # a type that nobody knows
    elif name == "json" and in_json:
        convert = dumped

    def checked(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except (TypeError, ValueError) as error:
            raise UnfitError(f'invalid input syntax for type {word}: "{value}"') from error

    return checked


def stored(value: Any) -> Any:
    """Store a text or a number as it is, what is nested as JSON."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return int(value)
    return dumped(value) if isinstance(value, list | dict) else value


def untyped(value: Any) -> Any:
    """The same for a column that says nothing of its type: a number stays one."""
    return float(value) if isinstance(value, Number) else stored(value)


def integer(value: Any) -> Any:
    """Check a whole number."""
    int(value)
    return stored(value)


def number(value: Any) -> Any:
    """Check a number; its digits are left to SQLite."""
    float(value)
    return stored(value)


def boolean(value: Any) -> int:
    """Read a truth value in any of PostgreSQL's spellings."""
    if isinstance(value, bool):
        return int(value)
    word = str(value).strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return int(word in TRUE)


def binary(value: Any) -> Any:
    r"""Read bytes, which are written in hexadecimal after `\x`, or as a text."""
    if isinstance(value, str) and value.startswith("\\x"):
        return bytes.fromhex(value[2:])
    return stored(value)


BY_TYPE: dict[str, Convert] = {
    "": untyped,
    "int2": integer,
    "int4": integer,
    "int8": integer,
    "float8": number,
    "numeric": number,
    "bool": boolean,
    "bytea": binary,
}
