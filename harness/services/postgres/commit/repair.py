"""Putting a database back without replacing it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.created import drop_created
from harness.services.postgres.commit.damage import Baseline, Damage, damage_left
from harness.services.postgres.commit.inspector import SURVEY, Inspector, Survey
from harness.services.postgres.commit.large import LargeTables, TooMuchError
from harness.services.postgres.commit.pristine import Pristine, Table
from harness.services.postgres.commit.reset import put_back
from harness.services.postgres.commit.source import Source

MOST_DEAD = 2000  # rows
MOST_UNDONE = 100  # changes of the structure, each of which leaves dead rows in the catalogs
ROUNDS = 3  # in which triggers, where they cannot be kept from firing, have to come to rest

Pages: TypeAlias = Callable[[], dict[int, list[int]]]


@dataclass(frozen=True)
class State:
    """What a database has to hold.

    Attributes:
        pristine: Its tables and sequences.
        contents: The rows of those that are not empty, as far as they are kept.
        baseline: Where the server stood when it was so.
    """

    pristine: Pristine
    contents: Contents
    baseline: Baseline


class Repair:
    """Puts one database back where it is: what was created, written or drawn.

    Args:
        inspector: The session by which to do so.
        source: What the database is a clone of.
    """

    def __init__(self, inspector: Inspector, source: Source) -> None:
        self._inspector = inspector
        self._source = source
        self.begin()

    def begin(self) -> None:
        """Begin with a new clone."""
        self._large = LargeTables(self._source.reference)
        self._dead: Counter[Table] = Counter()
        self._undone = 0

    def drop_created(self, state: State) -> bool:
        """Drop what was created; tell whether the database is worth another look."""
        self._undone += 1
        if self._undone > MOST_UNDONE:
            return False
        since, highest = state.baseline.xid, state.pristine.highest
        return self._inspector(lambda session: drop_created(session, since, highest))

    def put_back(self, damage: Damage, state: State) -> Survey | None:
        """Put tables and sequences back.

        Returns:
            Where the server stood afterwards; None if that cannot be done, or has not worked.

        Raises:
            pg8000.dbapi.DatabaseError: A lock is held, or something is missing.
            TooMuchError: Too many rows of a large table were written.
        """
        return self._reset(damage, state) if self._can(damage, state.contents) else None

    def _can(self, damage: Damage, contents: Contents) -> bool:
        return not damage.structure and all(
            not table.guarded and (not table.rows or table in contents or self._knows(table))
            for table in damage.tables
        )

    def _knows(self, table: Table) -> bool:
        """Tell whether single rows of a large table can be put back."""
        told = self._source.wal is not None and self._inspector.fires_nothing
        return told and bool(table.key) and not table.unlogged

    def _reset(self, damage: Damage, state: State) -> Survey | None:
        pages = functools.cache(lambda: self._written_pages(state.baseline))
        for _ in range(ROUNDS):
            row = self._inspector(functools.partial(self._write_back, damage, state, pages))
            if self._inspector.fires_nothing or not (left := self._left(state)):
                self._vacuum(damage)
                return Survey.read(row)
            damage = left  # a trigger of the user's has written once more
        return None

    def _write_back(self, damage: Damage, state: State, pages: Pages, session: Any) -> list[Any]:
        def by_rows(table: Table) -> None:
            self._large.put_back(session, table, pages().get(table.file, []), state.baseline.xid)

        return put_back(session, damage, state.contents, SURVEY, others=by_rows)

    def _written_pages(self, baseline: Baseline) -> dict[int, list[int]]:
        assert self._source.wal is not None
        pages = self._source.wal.pages(baseline.written, baseline.oid)
        if pages is None:  # the log cannot tell any more
            raise TooMuchError
        return pages

    def _left(self, state: State) -> Damage:
        return self._inspector(
            lambda session: damage_left(session, state.pristine, state.contents, state.baseline.xid)
        )

    def _vacuum(self, damage: Damage) -> None:
        """Remove dead rows where there are many: each look at the table has to pass them."""
        self._dead.update(damage.rows)
        for table in [table for table in damage.rows if self._dead[table] > MOST_DEAD]:
            del self._dead[table]
            self._inspector(functools.partial(vacuum, table))


def vacuum(table: Table, session: Any) -> None:
    """Remove the dead rows of a table."""
    session.execute_simple(f"vacuum {table.name}")
