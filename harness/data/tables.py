"""The tables that seed files are loaded into, as the server knows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.core.names import identifier, literal
from harness.core.nearest import did_you_mean
from harness.data.target import Target
from harness.errors import MigrationError

ORDER = re.compile(r"\d+[_-]")
COLUMNS = """
with recursive base(number, name, type) as (
    select attnum, attname, atttypid from pg_attribute
    where attrelid = {oid} and attnum > 0 and not attisdropped
    union all
    select b.number, b.name, t.typbasetype
    from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
)
select b.name, case when t.typname in ('json', 'jsonb') then 'json'
                    when t.typcategory = 'A' then 'array' else '' end
from base b join pg_type t on t.oid = b.type where t.typtype <> 'd' order by b.number
"""
TABLES = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v') and n.nspname not in ('pg_catalog', 'information_schema')
"""
# Those that a column's default takes its values from, or that were made with the column.
SEQUENCES = """
select distinct a.attname, s.oid::regclass::text, q.seqincrement > 0
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
join pg_depend x
  on x.classid = 'pg_class'::regclass and x.refclassid = 'pg_class'::regclass
     and x.refobjid = a.attrelid and x.refobjsubid = a.attnum and x.deptype in ('a', 'i')
  or x.classid = 'pg_attrdef'::regclass and x.objid = d.oid
     and x.refclassid = 'pg_class'::regclass
join pg_class s
  on s.relkind = 'S' and s.oid = case x.classid when 'pg_class'::regclass then x.objid
                                                else x.refobjid end
join pg_sequence q on q.seqrelid = s.oid
where a.attrelid = {oid}
"""
ADVANCE = """
select setval({name}, key) from (select {extreme}({column})::bigint as key from {table}) t,
{sequence} s where key {beyond} s.last_value or key = s.last_value and not s.is_called
"""


NAMED = "a seed file is named after its table"


@dataclass(frozen=True)
class Columns:
    """The columns of a table that rows are loaded into.

    Attributes:
        name: Of the table, as errors say it.
        columns: What is known of each column, by its name.
    """

    name: str
    columns: dict[str, str]

    def find(self, column: str) -> str | None:
        """Return the name of a column as the table has it; None if it has none."""
        return column if column in self.columns else None

    def check(self, columns: Iterable[str], path: Path, line: int) -> None:
        """Do nothing for columns that the table has.

        Raises:
            MigrationError: It has one not; names the nearest, and all that there are.
        """
        for column in columns:
            if self.find(column) is None:
                raise MigrationError(
                    f"{path}, line {line}: the table {self.name} has no column {column!r}",
                    detail=f"its columns are {', '.join(self.columns)}",
                    hint=did_you_mean(column, self.columns),
                )


@dataclass(frozen=True)
class Table(Columns):
    """A table that rows are copied into.

    Attributes:
        name: Its name as SQL writes it.
        columns: The kind of each column, by its name: `json`, `array`, or an empty text.
        oid: What the server knows it by.
    """

    oid: int

    def copy(self, columns: Collection[str], options: str = "") -> str:
        """Return the statement that reads rows of these columns."""
        names = ", ".join(map(identifier, columns))
        return f"copy {self.name} ({names}) from stdin{options}"


def find_table(path: Path, target: Target) -> Table:
    """Return the table that a file is named after.

    Args:
        path: `users.csv`, `shop.users.csv`, `02_users.csv`, and the like.
        target: The database.

    Raises:
        MigrationError: There is none; names the nearest.
    """
    names = table_names(path)
    lookups = [f"to_regclass({literal(sql)})" for name in names for sql in spellings(name)]
    (found,) = target.rows(
        f"select t::oid::bigint, t::text from (select coalesce({', '.join(lookups)}) as t) t"
    )
    if found[0] is None:
        known = [row[0] for row in target.rows(TABLES)]
        raise MigrationError(
            f"there is no table {names[-1]!r} to load {path} into",
            cause=f"{NAMED}, with its schema where that is not on the search_path",
            hint=did_you_mean(names[-1], known) if known else "write the migrations first",
        )
    oid, name = found
    return Table(name, dict(target.rows(COLUMNS.format(oid=oid))), oid)


def table_names(path: Path) -> list[str]:
    """Return what the table of a file may be called.

    Example:
        >>> table_names(Path("02_shop.users.csv.gz"))
        ['02_shop.users', 'shop.users']
    """
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    return list(dict.fromkeys([stem, ORDER.sub("", stem, count=1)]))


def spellings(name: str) -> list[str]:
    """Return a name as SQL, with its letters as they are, and small.

    Example:
        >>> spellings("shop.Users")
        ['"shop"."Users"', '"shop"."users"']
    """
    parts = name.split(".") if name.count(".") == 1 else [name]
    exact = ".".join(map(identifier, parts))
    return list(dict.fromkeys([exact, exact.lower()]))


def advance_sequences(table: Table, target: Target) -> None:
    """Have the sequences of a table go on after the keys that were loaded; never back."""
    for column, sequence, rising in target.rows(SEQUENCES.format(oid=table.oid)):
        target.rows(
            ADVANCE.format(
                name=literal(sequence),
                sequence=sequence,
                extreme="max" if rising else "min",
                beyond=">" if rising else "<",
                column=identifier(column),
                table=table.name,
            )
        )
