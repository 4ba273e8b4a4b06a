"""Reading a table from SQLite's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.data.checks.nodes import Constant, Name, Node, UnreadableError, renamed
from harness.data.checks.parser import parse
from harness.data.checks.tokens import TOKEN
from harness.data.schema.model import Check, Column, ForeignKey, Table, Type, Unique
from harness.data.schema.source import Rows

# https://www.sqlite.org/pragma.html: each pragma as a table of its own.
TABLE = """
select name, type, sql from (select * from sqlite_master union all select * from sqlite_temp_master)
where type in ('table', 'view') and lower(name) = lower(%s)
"""
COLUMNS = 'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(%s)'
KEYS = """
select k.id, coalesce(m.name, k."table"), k."from", k."to" from pragma_foreign_key_list(%s) k
left join sqlite_master m on m.type = 'table' and lower(m.name) = lower(k."table")
order by k.id, k.seq
"""
INDEXES = 'select name, partial from pragma_index_list(%s) where "unique" order by name'
INDEXED = "select name from pragma_index_info(%s) where name is not null order by seqno"
PRIMARY = "select name from pragma_table_info(%s) where pk > 0 order by pk"

WORD = re.compile(r"^[a-z_][a-z0-9_]*$")
DECLARED = re.compile(r"^\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$")
WITHOUT_ROWID = re.compile(r"\)[\s\w,]*\bwithout\s+rowid\b[\s\w,]*$", re.IGNORECASE)
TYPES = {
    "integer": "int8", "int": "int8", "bigint": "int8", "smallint": "int2", "tinyint": "int2",
    "mediumint": "int4", "boolean": "bool", "bool": "bool", "date": "date",
    "datetime": "timestamp", "timestamp": "timestamp", "time": "time", "uuid": "uuid",
    "json": "json", "jsonb": "json", "blob": "bytea", "numeric": "numeric", "decimal": "numeric",
    "money": "numeric", "text": "text", "any": "text", "": "text",
}  # fmt: skip
# The first that is part of a declared type decides (https://www.sqlite.org/datatype3.html).
AFFINITIES = (
    ("int", "int8"), ("char", "varchar"), ("clob", "text"), ("text", "text"), ("blob", "bytea"),
    ("real", "float8"), ("floa", "float8"), ("doub", "float8"), ("timestamp", "timestamp"),
)  # fmt: skip


def read(rows: Rows, found: Any) -> Table:
    """Return a table.

    Args:
        rows: Runs a query.
        found: Its row of `TABLE`.
    """
    name, _, sql = found
    facts = rows(COLUMNS, [name])
    counted = counted_column(facts, sql)
    columns = {fact[0]: column_of(fact, counted) for fact in facts if fact[5] != 1}
    return Table(
        name=quoted(name),
        columns=columns,
        uniques=tuple(uniques(rows, name, counted)),
        foreign_keys=tuple(foreign_keys(rows, name, columns)),
        checks=tuple(about(columns, check, text) for check, text in checks(sql)),
    )


def quoted(name: str) -> str:
    """Return a name as SQL takes it, quoted where it has to be.

    Example:
        >>> quoted("users"), quoted("Order")
        ('users', '"Order"')
    """
    return name if WORD.match(name) else '"' + name.replace('"', '""') + '"'


def counted_column(facts: list[Any], sql: str) -> str | None:
    """Return the column that SQLite counts: a single `integer primary key`."""
    keys = [fact for fact in facts if fact[4]]
    if len(keys) != 1 or keys[0][1].lower() != "integer" or WITHOUT_ROWID.search(sql):
        return None
    return str(keys[0][0])


def column_of(fact: Any, counted: str | None) -> Column:
    """Return a column."""
    name, declared, required, default, key, hidden = fact
    return Column(
        name,
        type_of(declared),
        required=bool(required or key),
        default=default,
        identity="default" if name == counted else "",
        generated=hidden in (2, 3),
    )


def type_of(declared: str) -> Type:
    """Return what a declared type means to whoever declares it.

    Example:
        >>> type_of("VARCHAR(40)").length, type_of("decimal(10, 2)").scale
        (40, 2)
    """
    match = DECLARED.match(declared.lower())
    word, length, scale = match.groups() if match else (declared.lower(), None, None)
    affinity = next((name for part, name in AFFINITIES if part in word), "numeric")
    return Type(
        TYPES.get(word, affinity),
        length=None if length is None else int(length),
        scale=None if scale is None else int(scale),
    )


def uniques(rows: Rows, table: str, counted: str | None) -> Iterator[Unique]:
    """Yield what has to be unique."""
    if counted is not None:
        yield Unique(f"{table}.{counted}", (counted,))
    for name, _ in rows(INDEXES, [table]):
        yield Unique(name, tuple(column for (column,) in rows(INDEXED, [name])))


def foreign_keys(rows: Rows, table: str, columns: dict[str, Column]) -> Iterator[ForeignKey]:
    """Yield what a table refers to."""
    by_lower = {name.lower(): name for name in columns}
    listed: dict[int, list[Any]] = {}
    for fact in rows(KEYS, [table]):
        listed.setdefault(fact[0], []).append(fact)
    for facts in listed.values():
        target = facts[0][1]
        own = tuple(by_lower[fact[2].lower()] for fact in facts)
        primary = [name for (name,) in rows(PRIMARY, [target])]
        referred = [fact[3] for fact in facts if fact[3] is not None]
        name = f"{table} ({', '.join(own)})"
        yield ForeignKey(name, own, quoted(target), tuple(referred or primary))


def checks(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the conditions in a `create table` statement: name and text.

    Example:
        >>> list(checks("create table t (n int constraint positive check (n > 0), check (n < 9))"))
        [('positive', 'n > 0'), ('n < 9', 'n < 9')]
    """
    words: list[str] = []
    at = 0
    while at < len(sql):
        match = TOKEN.match(sql, at)
        end = match.end() if match else at + 1
        if match and match.lastgroup:
            if match.group() == "(" and words[-1:] and words[-1].lower() == "check":
                close = closing(sql, end)
                text = sql[end:close].strip()
                named = len(words) > 2 and words[-3].lower() == "constraint"
                yield (words[-2].strip('"`') if named else text), text
                end = close
            words.append(match.group())
        at = end


def closing(sql: str, at: int) -> int:
    """Return where the parenthesis closes that was opened before `at`."""
    depth = 1
    while at < len(sql):
        match = TOKEN.match(sql, at)
        depth += {"(": 1, ")": -1}.get(match.group() if match else "", 0)
        if depth == 0:
            break
        at = match.end() if match else at + 1
    return at


def about(columns: dict[str, Column], name: str, text: str) -> Check:
    """Return a condition, its names written as the table's columns are."""
    by_lower = {column.lower(): column for column in columns}

    def rename(found: Name) -> Node:
        """Take what is no column for a text: SQLite does so with double quotes."""
        column = by_lower.get(found.name.lower())
        return Constant(found.name) if column is None else Name(column)

    try:
        node = renamed(parse(text), rename)
    except UnreadableError as error:
        return Check(name, text, reason=str(error))
    return Check.of(name, text, node)
