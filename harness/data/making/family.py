"""A row and the rows it refers to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from harness.data.making import refusals
from harness.data.making.attempt import Attempt
from harness.data.making.dialect import Dialect
from harness.data.making.given import columns_of
from harness.data.making.plan import Plan
from harness.data.schema.model import ForeignKey, Table
from harness.data.schema.source import Database
from harness.errors import LeaseError, MakeError


class Source(Protocol):
    """Where a family is made: the database and its tables."""

    db: Database
    dialect: Dialect

    def plan(self, name: str) -> Plan:
        """Return what is known of a table."""

    def reread(self, name: str) -> bool:
        """Read a table again; tell whether it has changed."""


class Family:
    """One row with the rows it refers to, made for it or given.

    Args:
        source: Whose tables and database these are.
        seed: What all its values are drawn from: the same again if a table has to be read anew.
    """

    def __init__(self, source: Source, seed: int) -> None:
        self.source = source
        self._seed = seed
        self._rows: dict[str, Any] = {}  # made for this family, by table
        self._open: list[str] = []  # tables whose row is being made
        self._attempts: list[Attempt] = []  # the same
        self._path: list[str] = []  # foreign keys that led there

    def make(self, name: str, given: Mapping[str, Any], asked: tuple[str, ...] = ()) -> Any:
        """Make a row; read its table anew, once, if that has changed meanwhile.

        Args:
            name: Of the table.
            given: What is given for it.
            asked: Columns that somebody will refer to.
        """
        try:
            return self._made(name, given, asked)
        except MakeError:
            if not self.source.reread(name):
                raise
        return self._made(name, given, asked)

    def _made(self, name: str, given: Mapping[str, Any], asked: tuple[str, ...]) -> Any:
        plan = self.source.plan(name)
        values = columns_of(plan.table, given)
        attempt = Attempt(self, plan, values, asked, self._rng())
        with self._being_made(plan.table.name, attempt):
            row = attempt.row()
        if not attempt.waits:
            self._rows[plan.table.name] = row
        return row

    def _rng(self) -> random.Random:
        """Return the random numbers of one row: its place in the family makes them its own."""
        return random.Random(f"{self._seed} {' '.join(self._path)}")

    @contextmanager
    def _being_made(self, table: str, attempt: Attempt) -> Iterator[None]:
        self._open.append(table)
        self._attempts.append(attempt)
        try:
            yield
        finally:
            self._open.pop()
            self._attempts.pop()

    def parent(self, key: ForeignKey, fixed: Mapping[str, Any], *, fresh: bool) -> Any:
        """Return a row to refer to: one that is there, made for this family, or new.

        Args:
            key: What refers to it.
            fixed: Values that it has to have.
            fresh: Whether it has to be one that nothing else of this family refers to.
        """
        if len(fixed) == len(key.referred):
            found = self._existing(key, fixed)
            if found is not None:
                return found
        relative = self._rows.get(key.table)
        if relative is not None and not fresh and agrees(relative, fixed):
            return relative
        if key.table in self._open:
            return self._out_of_the_cycle(key, fixed)
        return self._new_or_existing(key, fixed)

    def _new_or_existing(self, key: ForeignKey, fixed: Mapping[str, Any]) -> Any:
        """Make a parent, or take one that is there where none can be made."""
        self._path.append(key.name)
        try:
            return self.make(key.table, fixed, key.referred)
        except MakeError as error:
            return self._instead(key, fixed, error)
        finally:
            self._path.pop()

    def _instead(self, key: ForeignKey, fixed: Mapping[str, Any], error: MakeError) -> Any:
        """Return a row that is there, or raise why none could be made."""
        try:
            found = self._existing(key, fixed)
        except LeaseError:  # the refusal failed the transaction that the code has open
            found = None
        if found is None:
            raise error
        return found

    def _out_of_the_cycle(self, key: ForeignKey, fixed: Mapping[str, Any]) -> Any:
        """Return a row of a table whose row is just being made: one that is there, or that one."""
        found = self._existing(key, fixed) or self._promised(key, fixed)
        if found is None:
            path = [*self._open[self._open.index(key.table) :], key.table]
            raise refusals.cycle(path, ", ".join(key.columns))
        return found

    def _promised(self, key: ForeignKey, fixed: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the key of the row being made, and have those that need it wait for it."""
        first, *others = self._attempts[self._open.index(key.table) :]
        if others and not self.source.dialect.ties:
            return None
        promised = first.promise(key.referred)
        if promised is None or not agrees(promised, fixed):
            return None
        if any(attempt.promise() is None for attempt in others):
            return None
        for attempt in others:
            attempt.tie(first)
        return promised

    def _existing(self, key: ForeignKey, fixed: Mapping[str, Any]) -> Any | None:
        """Return the first row that a foreign key can refer to, or None."""
        return self.existing(self.source.plan(key.table).table, fixed, key.referred)

    def existing(
        self, table: Table, values: Mapping[str, Any], columns: tuple[str, ...] = ()
    ) -> Any | None:
        """Return the first row of a table that is there, or None.

        Args:
            table: The table.
            values: What it has in some columns.
            columns: Where it must not be NULL; the first is by their order.
        """
        quote = self.source.dialect.identifier
        conditions = [f"{quote(name)} = %s" for name in values]
        conditions += [f"{quote(name)} is not null" for name in columns if name not in values]
        order = f" order by {', '.join(map(quote, columns))}" if columns else ""
        found = self.source.db.rows(
            f"select * from {table.name} where {' and '.join(conditions)}{order} limit 1",
            [self.encode(table, name, value) for name, value in values.items()],
        )
        return found[0] if found else None

    def encode(self, table: Table, name: str, value: Any) -> Any:
        """Return a value of a column as a parameter."""
        return self.source.dialect.encode(value, table.columns[name].type)


def agrees(row: Any, fixed: Mapping[str, Any]) -> bool:
    """Tell whether a row has some values."""
    return all(row[name] == value for name, value in fixed.items())
