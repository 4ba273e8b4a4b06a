"""What making a row takes on SQLite."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from harness.core.nearest import did_you_mean
from harness.data.making.dialect import Refusal
from harness.data.schema import sqlite as schema
from harness.data.schema.model import Column, Table, Type
from harness.data.schema.source import Database
from harness.errors import MakeError

FAILED = re.compile(r"^(CHECK|UNIQUE|NOT NULL|FOREIGN KEY) constraint failed(?:: (.*))?", re.DOTALL)
TABLES = "select name from sqlite_master where type = 'table' and name not glob 'sqlite_*'"


class SqliteDialect:
    """SQLite, as `RowMaker` sees it."""

    ties = False

    def read(self, db: Database, name: str) -> Table:
        """Read a table as it is now.

        Raises:
            MakeError: There is none of that name, or it is a view.
        """
        found = db.rows(schema.TABLE, [name.removeprefix("main.").strip('"')])
        if not found:
            raise MakeError(
                f"there is no table {name}",
                cause="a mistyped name, or a migration that is not in this database",
                hint=did_you_mean(name, [row[0] for row in db.rows(TABLES)]),
            )
        if found[0][1] == "view":
            raise MakeError(
                f"{name} is a view: rows are made in tables",
                hint=f"make rows of the tables that {name} shows",
            )
        return schema.read(db.rows, found[0])

    def identifier(self, name: str) -> str:
        """Quote a name."""
        return schema.quoted(name)

    def insert(self, table: Table, columns: Iterable[str], *, arbitrate: bool) -> str:
        """Return the statement that inserts one row and returns it."""
        names = list(columns)
        values = f"values ({', '.join(['%s'] * len(names))})" if names else "default values"
        listed = f"({', '.join(map(schema.quoted, names))}) " if names else ""
        conflict = " on conflict do nothing" if arbitrate and names else ""
        return f"insert into {table.name} {listed}{values}{conflict} returning *"

    def together(self, statements: list[str]) -> str:
        """Return the only statement: SQLite inserts into one table at a time."""
        (statement,) = statements
        return statement

    def next_value(self, db: Database, table: Table, column: Column) -> Any:
        """Return what a column with a default or an identity would have next."""
        if column.default:
            return db.rows(f"select {column.default}")[0][0]
        name = schema.quoted(column.name)
        return db.rows(f"select coalesce(max({name}), 0) + 1 from {table.name}")[0][0]

    def encode(self, value: Any, kind: Type) -> Any:
        """Return a value as SQLite stores it."""
        for types, convert in CONVERSIONS:
            if isinstance(value, types):
                return convert(value)
        return value

    def refusal(self, error: Exception) -> Refusal | None:
        """Return why SQLite refused a statement; None for another error."""
        if not isinstance(error, sqlite3.Error):
            return None
        match = FAILED.match(str(error))
        if match is None:
            return Refusal("other", str(error))
        kind, what = match[1].lower(), match[2] or ""
        if kind == "check":
            return Refusal(kind, str(error), what)
        columns = tuple(part.rpartition(".")[2] for part in what.split(", ") if "." in part)
        return Refusal(kind, str(error), columns=columns)


def number(value: Decimal) -> int | float:
    """Return a decimal number as one of SQLite's two kinds."""
    return int(value) if value == value.to_integral_value() else float(value)


CONVERSIONS: tuple[tuple[Any, Any], ...] = (
    (bool, int),
    (Decimal, number),
    (datetime, lambda value: value.isoformat(" ")),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (UUID, str),
    ((dict, list), json.dumps),
)
