"""One row: drawn, inserted, and drawn anew until the server takes it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Protocol

from harness.data.making import refusals
from harness.data.making.dialect import Dialect, Refusal
from harness.data.making.filling import Filling, Plan, UnfilledError
from harness.data.schema.model import Column, ForeignKey, Table
from harness.data.schema.source import Database
from harness.errors import LeaseError

COLLISIONS = 50  # how often a row is drawn because one like it is there
REFUSALS = 20  # ... because a condition refused it that could not be read


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

    def encode(self, table: Table, name: str, value: Any) -> Any:
        """Return a value of a column as a parameter."""


class Attempt:
    """The making of one row.

    Args:
        family: Where its parents come from.
        plan: Of its table.
        given: Values that are given, by column.
        forced: Columns that must not be NULL: somebody will refer to them.
        rng: What the others are drawn from.
    """

    def __init__(
        self,
        family: Relatives,
        plan: Plan,
        given: dict[str, Any],
        forced: tuple[str, ...],
        rng: random.Random,
    ) -> None:
        self._family = family
        self._plan = plan
        self._table = plan.table
        self._given = given
        self._rng = rng
        self._forced = {name for name in forced if is_left_null(plan.table.columns[name])}
        self._parents: dict[str, Any] = {}
        self._fresh = False

    def row(self) -> Any:
        """Return the row as the server has it.

        Raises:
            MakeError: No values were found, or it refused them.
        """
        refused: RefusedError | None = None
        values: dict[str, Any] = {}
        for tries in range(COLLISIONS):
            values = self._values()
            arbitrate = self._table.arbitrates and self._varies(values)
            try:
                found = self._insert(values, arbitrate=arbitrate)
            except RefusedError as error:
                if tries >= REFUSALS or not self._may_redraw(error.refusal, values):
                    raise refusals.refused(self._table, error.refusal) from error.__cause__
                refused = error
                continue
            except LeaseError:  # the refusal failed the transaction that the code has open
                if refused is None:
                    raise
                raise refusals.refused(self._table, refused.refusal) from refused.__cause__
            if found:
                return found[0]
            if not arbitrate:
                raise refusals.not_returned(self._table)
            self._vary()
        return self._last(values)

    def _values(self) -> dict[str, Any]:
        filling = Filling(self._plan, self._given, self._rng, self._refer, self._forced)
        try:
            return filling.values()
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

    def _varies(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the row can be another one, if there is one like it."""
        drawn = values.keys() - self._given.keys()
        return any(not drawn.isdisjoint(unique.columns) for unique in self._table.uniques)

    def _vary(self) -> None:
        """Make the next values differ: one like these is there."""
        for column in self._table.columns.values():
            if column.default and column.name in self._plan.unique:
                self._forced.add(column.name)
        for key in self._plan.keys:
            if not self._plan.unique.isdisjoint(key.columns):
                self._parents.pop(key.name, None)
        self._fresh = True

    def _insert(self, values: Mapping[str, Any], *, arbitrate: bool) -> list[Any]:
        """Insert the row; return it in a list, which is empty where one like it is there."""
        place = self._family.source
        sql = place.dialect.insert(self._table, tuple(values), arbitrate=arbitrate)
        parameters = [self._family.encode(self._table, *pair) for pair in values.items()]
        try:
            return place.db.rows(sql, parameters)
        except Exception as error:
            refusal = place.dialect.refusal(error)
            if refusal is None:
                raise
            raise RefusedError(refusal) from error

    def _may_redraw(self, refusal: Refusal, values: Mapping[str, Any]) -> bool:
        """Tell whether other values may be taken: of a condition that could not be read."""
        if refusal.kind == "unique" and not self._table.arbitrates:
            self._vary()
            return self._varies(values)
        if refusals.unread_check(self._table, refusal) is None:
            return False
        return bool(values.keys() - self._given.keys())

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
