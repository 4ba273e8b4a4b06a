"""The structure of an SQLite database as texts that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.data.catalog import Catalog, Rows
from harness.data.checks.tokens import TOKEN
from harness.data.schema.sqlite import checks, closing, quoted

Entry = tuple[str, str, str]

OBJECTS = (
    "select type, name, tbl_name, coalesce(sql, '') from sqlite_master "
    "where name not like 'sqlite\\_%' escape '\\'"
)
COLUMNS = 'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo({})'
KEYS = """
select group_concat("from", ', '), "table", coalesce(group_concat("to", ', '), ''), on_update,
       on_delete
from (select * from pragma_foreign_key_list({}) order by id, seq) group by id
"""
INDEXES = "select name, origin from pragma_index_list({}) where origin <> 'c'"
INDEXED = (
    "select group_concat(name, ', ') from (select * from pragma_index_info({}) order by seqno)"
)
REQUIRED = """
select m.name, c.name from sqlite_master m, pragma_table_xinfo(m.name) c
where m.type = 'table' and c."notnull" and c.dflt_value is null and c.hidden = 0
"""
# What no pragma tells of a table and of a column.
OPTIONS = re.compile(r"\b(autoincrement|without\s+rowid|strict)\b", re.IGNORECASE)
MORE = re.compile(r"\bcollate\s+\S+|\bas\s*\(.*\)(?:\s*stored)?|\bdeferrable\b.*", re.IGNORECASE)
QUOTED = re.compile(r"""("|`)([A-Za-z_]\w*)\1|\[([A-Za-z_]\w*)\]""")
AROUND = re.compile(r"\s*([(,])\s*|\s+(?=\))")


def read(rows: Rows) -> Catalog:
    """Return what a database is made of."""
    found = rows(OBJECTS)
    entries = [entry for facts in found for entry in entries_of(rows, *facts)]
    return Catalog({(kind, name): said for kind, name, said in entries})


def unfilled(rows: Rows) -> list[tuple[str, str]]:
    """Return the columns, by table, that an INSERT has to give a value."""
    return [(quoted(table), quoted(column)) for table, column in rows(REQUIRED)]


def entries_of(rows: Rows, kind: str, name: str, table: str, sql: str) -> Iterator[Entry]:
    """Yield all that there is to say of a table, a view, an index or a trigger."""
    if kind != "table":
        on = "" if kind == "view" else f" on {quoted(table)}"
        yield kind, f"{quoted(name)}{on}", plain(sql)
        return
    parts = definitions(sql)
    options = sorted({found.lower() for found in OPTIONS.findall(plain(sql))})
    yield "table", quoted(name), " ".join(options) or ("" if parts else plain(sql))
    own = f"'{name.replace(chr(39), chr(39) * 2)}'"
    yield from columns(quoted(name), rows(COLUMNS.format(own)), parts)
    yield from constraints(rows, quoted(name), own, parts)
    for label, text in checks(sql):
        yield "check", f"{plain(label)} on {quoted(name)}", plain(text)


def columns(table: str, facts: list[Any], parts: list[str]) -> Iterator[Entry]:
    """Yield the columns of a table.

    Args:
        table: Its name.
        facts: What SQLite says of them.
        parts: What they were declared as.
    """
    for name, type_, required, default, key, hidden in facts:
        said = [
            type_.lower(),
            "not null" if required else "",
            "" if default is None else f"default {default}",
            f"primary key {key}" if key else "",
            "generated" if hidden in (2, 3) else "",
            *(found for part in parts if begins(part, name) for found in MORE.findall(part)),
        ]
        yield "column", f"{table}.{quoted(name)}", " ".join(word for word in said if word)


def begins(part: str, name: str) -> bool:
    """Tell whether a definition is that of a column."""
    return part.lower().startswith((f"{name.lower()} ", f"{quoted(name).lower()} "))


def constraints(rows: Rows, table: str, own: str, parts: list[str]) -> Iterator[Entry]:
    """Yield the references of a table, and what has to be unique in it."""
    for columns, target, referred, update, delete in rows(KEYS.format(own)):
        said = f"references {quoted(target)} ({referred}) on update {update} on delete {delete}"
        late = [part for part in parts if "deferr" in part.lower() and columns in part]
        yield "foreign key", f"({columns}) on {table}", said.lower() + " deferrable" * bool(late)
    for index, origin in rows(INDEXES.format(own)):
        named = f"'{index.replace(chr(39), chr(39) * 2)}'"
        ((columns,),) = rows(INDEXED.format(named))
        if origin == "u":
            yield "unique", f"({columns}) on {table}", ""


def definitions(sql: str) -> list[str]:
    """Return what stands between the commas of a `create table` statement; nothing in others.

    Example:
        >>> definitions('create table t (id int, "n" decimal(4, 2) collate nocase)')
        ['id int', 'n decimal(4,2) collate nocase']
    """
    start = sql.find("(") + 1
    if not start or not re.match(r"\s*create\s+(temp\w*\s+)?table\b", sql, re.IGNORECASE):
        return []
    parts, begun, at, end = [], start, start, closing(sql, start)
    while at < end:
        match = TOKEN.match(sql, at)
        text = match.group() if match else sql[at]
        if text == ",":
            parts.append(sql[begun:at])
            begun = at + 1
        at = closing(sql, at + 1) + 1 if text == "(" else at + len(text)
    return [plain(part) for part in (*parts, sql[begun:end])]


def plain(sql: str) -> str:
    """Return SQL without the quotes and spaces that a change of the structure may bring.

    Example:
        >>> plain('CREATE TABLE "users" ( id  int )')
        'CREATE TABLE users(id int)'
    """
    text = QUOTED.sub(lambda match: match[2] or match[3], " ".join(sql.split()))
    return AROUND.sub(lambda match: match[1] or "", text).strip()
