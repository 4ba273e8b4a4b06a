"""Putting back the rows of tables that are too large to be kept in memory.

What was written is found by the pages that were written, and what they held is taken from another
clone of the template, in which every row lies where it lies here: what it costs grows with what a
test wrote, not with what the table holds.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from harness.services.postgres.commit.pristine import Table
from harness.services.postgres.names import literal

Key = tuple[str, ...]
MOST_RANGES = 200
MOST_ROWS = 5000


class TooMuchError(Exception):
    """So many rows were written that a new clone is cheaper."""


class LargeTables:
    """Knows where the rows of large tables lie, and puts back those that were written.

    Args:
        reference: Returns a session of another clone, which nobody writes to.
    """

    def __init__(self, reference: Callable[[], Any]) -> None:
        self._reference = reference
        self._moved: dict[int, dict[Key, int]] = {}

    def put_back(self, session: Any, table: Table, pages: list[int], since: int) -> None:
        """Put the rows of a table back that were written to.

        Args:
            session: A session of the database, in a transaction, that fires no triggers.
            table: A table with a primary key.
            pages: The pages that were written.
            since: The transaction from which on a row is newer.

        Raises:
            TooMuchError: It is too much.
        """
        newer = f"age(xmin) <= age('{since}'::xid)"
        added = keys_in(session, table, pages, f"and {newer}")
        held = keys_in(self._reference(), table, pages) | self._moved_to(table, pages)
        wrong = added | (held - unchanged(session, table, held, newer))
        if len(wrong) > MOST_ROWS:
            raise TooMuchError
        if wrong:
            self._replace(session, table, wrong)

    def _moved_to(self, table: Table, pages: list[int]) -> set[Key]:
        """Return the rows that an earlier test's end has put into these pages."""
        written = set(pages)
        moved = self._moved.get(table.oid, {})
        return {key for key, page in moved.items() if page in written}

    def _replace(self, session: Any, table: Table, keys: set[Key]) -> None:
        """Put rows back from the other clone, and note where they lie now."""
        chosen = f"from only {table.name} t join {listed(table, keys)} on {matching(table)}"
        columns = ", ".join(f"t.{column}" for column in table.columns.split(", "))
        rows = io.BytesIO()
        self._reference().execute_unnamed(
            f"copy (select {columns} {chosen}) to stdout", stream=rows
        )
        session.execute_simple(
            f"delete from only {table.name} t using {listed(table, keys)} where {matching(table)}"
        )
        rows.seek(0)
        session.execute_unnamed(f"copy {table.name} ({table.columns}) from stdin", stream=rows)
        places = session.execute_simple(
            f"select (t.ctid::text::point)[0]::int8, {texts(table)} {chosen}"
        ).rows
        moved = self._moved.setdefault(table.oid, {})
        moved.update({tuple(key): int(page) for page, *key in places})


def keys_in(session: Any, table: Table, pages: list[int], condition: str = "") -> set[Key]:
    """Return the keys of the rows that lie in pages of a table."""
    queries = [
        f"select {texts(table)} from only {table.name} t "
        f"where ctid >= '({first},0)' and ctid < '({last + 1},0)' {condition}"
        for first, last in ranges(pages)
    ]
    rows = session.execute_simple(" union all ".join(queries)).rows
    return {tuple(row) for row in rows}


def unchanged(session: Any, table: Table, keys: set[Key], newer: str) -> set[Key]:
    """Return those of the keys whose rows are still what they were."""
    if not keys:
        return set()
    rows = session.execute_simple(
        f"select {texts(table)} from only {table.name} t join {listed(table, keys)} "
        f"on {matching(table)} where not {newer.replace('xmin', 't.xmin')}"
    ).rows
    return {tuple(row) for row in rows}


def ranges(pages: Iterable[int]) -> list[tuple[int, int]]:
    """Join pages that follow each other.

    Raises:
        TooMuchError: They are too many.

    Example:
        >>> ranges([7, 1, 2, 3])
        [(1, 3), (7, 7)]
    """
    groups = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1] - pair[0])
    found = [[page for _, page in group] for _, group in groups]
    if len(found) > MOST_RANGES:
        raise TooMuchError
    return [(group[0], group[-1]) for group in found]


def texts(table: Table) -> str:
    """Return the columns of a table's key as texts."""
    return ", ".join(f"t.{column}::text" for column, _ in table.key)


def listed(table: Table, keys: set[Key]) -> str:
    """Return keys as a table `k` with columns k0, k1, ..."""
    arrays = (
        f"{array([key[n] for key in keys])}::{kind}[]" for n, (_, kind) in enumerate(table.key)
    )
    names = ", ".join(f"k{n}" for n in range(len(table.key)))
    return f"unnest({', '.join(arrays)}) as k ({names})"


def matching(table: Table) -> str:
    """Return the condition by which rows of a table and listed keys are the same."""
    return " and ".join(f"t.{column} = k.k{n}" for n, (column, _) in enumerate(table.key))


def array(values: Iterable[str]) -> str:
    """Write texts as an array in SQL.

    Example:
        >>> print(array(["a", "it's"]))
        '{"a","it''s"}'
    """
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return literal("{" + ",".join(f'"{value}"' for value in escaped) + "}")
