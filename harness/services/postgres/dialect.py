"""What making a row takes on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from harness.core.nearest import did_you_mean
from harness.data.making.dialect import Refusal
from harness.data.schema import postgres as schema
from harness.data.schema.model import Column, Table, Type
from harness.data.schema.source import Database
from harness.data.values.shapes import Record, Span
from harness.errors import MakeError
from harness.services.postgres.connect import fields, message, sqlstate
from harness.services.postgres.names import identifier, table_name

READ_ONLY = "25006"  # SQLSTATE of a write where there can be none
KINDS = {
    "23514": "check",
    "23505": "unique",
    "23P01": "unique",  # an exclusion constraint
    "23503": "foreign key",
    "23502": "not null",
}
TABLES = """
select oid::regclass::text from pg_class
where relkind in ('r', 'p') and pg_table_is_visible(oid) and relnamespace::regnamespace::text
  not in ('pg_catalog', 'information_schema')
"""


class PostgresDialect:
    """PostgreSQL, as `RowMaker` sees it."""

    ties = True

    def read(self, db: Database, name: str) -> Table:
        """Read a table as it is now.

        Raises:
            MakeError: There is none of that name, or rows cannot be inserted into it.
        """
        facts = schema.describe(db.rows, table_name(name))
        if facts is None:
            raise MakeError(
                f"there is no table {name}",
                cause="a mistyped name, or a migration that is not in this database",
                hint=did_you_mean(name, [row[0] for row in db.rows(TABLES)]),
            )
        if facts["kind"] not in schema.TABLES:
            kind = schema.OTHERS.get(facts["kind"], "no table")
            raise MakeError(
                f"{name} is {kind}: rows are made in tables",
                hint=f"make rows of the tables that {name} shows",
            )
        return schema.table_of(facts)

    def identifier(self, name: str) -> str:
        """Quote a name."""
        return identifier(name)

    def insert(self, table: Table, columns: Iterable[str], *, arbitrate: bool) -> str:
        """Return the statement that inserts one row and returns it."""
        key = (*columns, "on conflict" if arbitrate else "")
        if key not in table.statements:
            table.statements[key] = statement(table, key[:-1], arbitrate)
        return table.statements[key]

    def together(self, statements: list[str]) -> str:
        """Return one statement that inserts several rows and returns the last one."""
        *before, last = statements
        parts = ", ".join(f"harness_{i} as ({sql})" for i, sql in enumerate(before))
        return f"with {parts} {last}" if parts else last

    def next_value(self, db: Database, table: Table, column: Column) -> Any:
        """Return what a column with a default or an identity would have next."""
        if column.default:
            return db.rows(f"select {column.default}")[0][0]
        sequence = "select nextval(pg_get_serial_sequence(%s, %s))"
        return db.rows(sequence, [table.name, column.name])[0][0]

    def encode(self, value: Any, kind: Type) -> Any:
        """Return a value as the text that the server reads for any type; None for NULL."""
        return None if value is None else encoded(value, kind.base)

    def refusal(self, error: Exception) -> Refusal | None:
        """Return why the server refused a statement; None for another error."""
        state = sqlstate(error)
        if not state or state == READ_ONLY:
            return None
        told = fields(error)
        columns = (told["c"],) if "c" in told else ()
        return Refusal(KINDS.get(state, "other"), message(error), told.get("n", ""), columns)


def statement(table: Table, columns: tuple[str, ...], arbitrate: bool) -> str:
    """Return the statement that inserts one row and returns it."""
    names = ", ".join(map(identifier, columns))
    always = any(table.columns[name].identity == "always" for name in columns)
    parts = [
        f"insert into {table.name}",
        f"({names})" * bool(columns),
        "overriding system value" * always,
        f"values ({', '.join(['%s'] * len(columns))})" if columns else "default values",
        "on conflict do nothing" * arbitrate,
        "returning *",
    ]
    return " ".join(filter(None, parts))


def encoded(value: Any, kind: Type) -> Any:
    """Return a value as the server's input function of its type reads it.

    What is of no known type is left to the driver.
    """
    if kind.name in ("json", "jsonb") and not isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Span | Record | list | tuple):
        return nested(value, kind)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return "\\x" + value.hex()
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds + value.microseconds / 1e6:f} seconds"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value if type(value).__module__ not in ("builtins", "decimal", "uuid") else str(value)


def nested(value: Any, kind: Type) -> str:
    """Return an array, a range or a value of a composite type as text."""
    if isinstance(value, Record):
        pairs = zip(value.parts, kind.fields, strict=True)
        return f"({','.join(quoted(part, of) for part, (_, of) in pairs)})"
    element = kind.element or Type("text")
    if isinstance(value, Span):
        return f"[{quoted(value.low, element)},{quoted(value.high, element)})"
    if kind.kind == "multirange":
        spans = (span if isinstance(span, Span) else Span(*span) for span in value)
        return f"{{{','.join(nested(span, kind) for span in spans)}}}"
    if kind.kind == "composite":
        return nested(Record(tuple(value)), kind)
    if kind.kind == "range":
        return nested(Span(*value), kind)
    items = [
        nested(item, kind) if isinstance(item, list) else quoted(item, element, "NULL")
        for item in value
    ]
    return f"{{{','.join(items)}}}"


def quoted(value: Any, kind: Type, null: str = "") -> str:
    """Return a part of something nested, in quotes."""
    if value is None:
        return null
    text = str(encoded(value, kind.base))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
