"""One row: drawn, inserted, and drawn anew until the server takes it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from harness.data.making import refusals
from harness.data.making.dialect import Dialect, Refusal
from harness.data.making.filling import Filling, UnfilledError
from harness.data.making.plan import Plan
from harness.data.schema.model import Column, ForeignKey, Table
from harness.data.schema.source import Database
from harness.errors import LeaseError

COLLISIONS = 100  # how often a row is drawn because one like it is there
REFUSALS = 20  # ... because a condition refused it that was not read, or not as it is meant


class RefusedError(Exception):
    """The server refused a row."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Place(Protocol):
    """Where rows are inserted."""

    db: Database
    dialect: Dialect


class Relatives(Protocol):
    """Where a row's parents come from."""

    @property
    def source(self) -> Place:
        """Where rows are inserted."""

    def parent(self, key: ForeignKey, fixed: Mapping[str, Any], *, fresh: bool) -> Any:
        """Return a row to refer to."""

    def existing(self, table: Table, values: Mapping[str, Any]) -> Any | None:
        """Return a row with some values that is there, or None."""

    def encode(self, table: Table, name: str, value: Any) -> Any:
        """Return a value of a column as a parameter."""


class Attempt:
    """The making of one row.

    Args:
        family: Where its parents come from.
        plan: Of its table.
        given: Values that are given, by column.
        asked: Columns that somebody will refer to.
        rng: What the others are drawn from.
    """

    def __init__(
        self,
        family: Relatives,
        plan: Plan,
        given: dict[str, Any],
        asked: tuple[str, ...],
        rng: random.Random,
    ) -> None:
        self._family = family
        self._plan = plan
        self._table = plan.table
        self._given = given
        self._asked = asked
        self._rng = rng
        self._forced = {name for name in asked if is_left_null(plan.table.columns[name])}
        self._parents: dict[str, Any] = {}
        self._fresh = False
        self._refusal: Refusal | None = None  # the last
        self._promised: dict[str, Any] = {}
        self._owner: Attempt | None = None
        self._waiting: list[tuple[str, list[Any]]] = []

    def row(self) -> Any:
        """Return the row as the server has it; of one that has to wait, the values alone.

        Raises:
            MakeError: No values were found, or it refused them.
        """
        values: dict[str, Any] = {}
        for tries in range(COLLISIONS):
            values = self._values()
            if self._owner is not None:
                return self._hand_over(values, self._owner)
            if self._is_taken(values):
                self._vary()
                continue
            arbitrate = self._table.arbitrates and not self._waiting and self._varies(values)
            try:
                found = self._insert(values, arbitrate=arbitrate)
            except RefusedError as error:
                self._redraw(error, values, tries)
                continue
            if found:
                return found[0]
            if not arbitrate:
                raise refusals.not_returned(self._table)
            self._vary()
        return self._last(values)

    @property
    def waits(self) -> bool:
        """Whether the row is inserted together with one that it refers to."""
        return self._owner is not None

    def tie(self, owner: Attempt) -> None:
        """Let the row wait for one that it needs, directly or not, and that needs it."""
        self._owner = owner

    def promise(self, columns: Iterable[str] | None = None) -> dict[str, Any] | None:
        """Return values that the row will have; None where they cannot be known before.

        Args:
            columns: Their columns; those that somebody will refer to.
        """
        columns = self._asked if columns is None else tuple(columns)
        for name in columns:
            if name not in self._given and name not in self._promised:
                value = self._settled(self._table.columns[name])
                if value is None:
                    return None
                self._promised[name] = value
        return {name: self._known[name] for name in columns}

    @property
    def _known(self) -> dict[str, Any]:
        return {**self._given, **self._promised}

    def _settled(self, column: Column) -> Any:
        """Return a value of a column, drawn or counted ahead of the others."""
        if any(column.name in key.columns for key in self._plan.keys):
            return None
        if column.default or column.identity:
            place = self._family.source
            return place.dialect.next_value(place.db, self._table, column)
        return self._filling().settle(column)

    def _hand_over(self, values: dict[str, Any], owner: Attempt) -> dict[str, Any]:
        """Let another row's statement insert this one, and what waits for this one."""
        owner._waiting += [*self._waiting, self._statement(values, arbitrate=False)]
        return values

    def _filling(self) -> Filling:
        return Filling(self._plan, self._known, self._rng, self._refer, self._forced)

    def _values(self) -> dict[str, Any]:
        try:
            return {**self._filling().values(), **self._promised}
        except UnfilledError as error:
            raise refusals.unfilled(self._table, error, self._given) from None

    def _refer(self, key: ForeignKey, fixed: Mapping[str, Any]) -> Any:
        """Return a row to refer to; the same again while this row is drawn anew."""
        if key.name not in self._parents:
            one_to_one = any(set(key.columns) >= set(u.columns) for u in self._table.uniques)
            fresh = self._fresh or one_to_one or self._refers_to(key.table)
            self._parents[key.name] = self._family.parent(key, fixed, fresh=fresh)
        return self._parents[key.name]

    def _refers_to(self, table: str) -> bool:
        """Tell whether this row refers to a row of that table already."""
        return any(key.table == table and key.name in self._parents for key in self._plan.keys)

    def _is_taken(self, values: Mapping[str, Any]) -> bool:
        """Tell whether there is a row like this one, where the INSERT cannot say so in silence.

        An error would fail the transaction that the code has open.
        """
        if self._table.arbitrates or not self._varies(values):
            return False
        keys = (unique.columns for unique in self._table.uniques)
        found = ({name: values.get(name) for name in columns} for columns in keys)
        return any(
            self._family.existing(self._table, key) is not None
            for key in found
            if None not in key.values()
        )

    def _varies(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the row can be another one, if there is one like it."""
        drawn = values.keys() - self._given.keys()
        return any(not drawn.isdisjoint(unique.columns) for unique in self._table.uniques)

    def _vary(self) -> None:
        """Make the next values differ: one like these is there."""
        for column in self._table.columns.values():
            if column.default and not self._plan.varies(column.name):
                self._forced |= {column.name} & self._plan.unique
        for key in self._plan.keys:
            if not self._waiting and not self._plan.unique.isdisjoint(key.columns):
                self._parents.pop(key.name, None)
        self._fresh = True

    def _insert(self, values: Mapping[str, Any], *, arbitrate: bool) -> list[Any]:
        """Insert the row; return it in a list, which is empty where one like it is there."""
        place = self._family.source
        statements = [*self._waiting, self._statement(values, arbitrate=arbitrate)]
        sql = place.dialect.together([sql for sql, _ in statements])
        try:
            return place.db.rows(sql, [value for _, values in statements for value in values])
        except Exception as error:
            refusal = place.dialect.refusal(error)
            if refusal is None and isinstance(error, LeaseError):
                refusal = self._refusal  # it failed the transaction that the code has open
            if refusal is None:
                raise
            raise RefusedError(refusal) from error

    def _statement(self, values: Mapping[str, Any], *, arbitrate: bool) -> tuple[str, list[Any]]:
        """Return the statement that inserts the row, and its parameters."""
        sql = self._family.source.dialect.insert(self._table, tuple(values), arbitrate=arbitrate)
        return sql, [self._family.encode(self._table, *pair) for pair in values.items()]

    def _redraw(self, error: RefusedError, values: Mapping[str, Any], tries: int) -> None:
        """Get ready for other values, where these may have been refused by chance.

        Raises:
            MakeError: Others would not help.
        """
        self._refusal = error.refusal
        if error.refusal.kind == "unique" and not self._table.arbitrates:
            self._vary()
            hope = self._varies(values)
        else:
            columns = refusals.checked(self._table, error.refusal)
            hope = tries < REFUSALS and not columns.isdisjoint(values.keys() - self._given.keys())
        if not hope:
            raise refusals.refused(self._table, error.refusal) from error.__cause__

    def _last(self, values: Mapping[str, Any]) -> Any:
        """Insert without arbitration, to hear what stands in the way."""
        try:
            found = self._insert(values, arbitrate=False)
        except RefusedError as error:
            refusal = error.refusal
            raise refusals.exhausted(self._table, refusal, COLLISIONS) from error.__cause__
        if not found:
            raise refusals.not_returned(self._table)
        return found[0]


def is_left_null(column: Column) -> bool:
    """Tell whether a column is NULL unless something is written into it."""
    return not (column.required or column.default or column.identity or column.generated)
