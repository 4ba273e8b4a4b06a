"""Finding values for the columns of one row."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.data.checks.branches import branch, is_false
from harness.data.checks.limits import Limits, limits_of, mentioned
from harness.data.checks.nodes import CannotTellError, Node, UnreadableError
from harness.data.making.plan import Group, Plan, node_of
from harness.data.schema.model import Check, Column, ForeignKey
from harness.data.values.drawing import TRIES, Wish, draw
from harness.data.values.shapes import NotDrawableError

LINKS = 3  # how far a bound reaches from column to column, as in a < b and b < c and c < 9
ROWS = 40  # how often a row is begun anew before there is said to be none

Refer = Callable[[ForeignKey, Mapping[str, Any]], Mapping[str, Any]]


class UnfilledError(Exception):
    """No values were found that meet a condition.

    Args:
        column: The column that none was found for; None where the given ones break it.
        checks: The conditions about it.
        reason: What stood in the way, if it is known.
    """

    def __init__(self, column: str | None, checks: Iterable[Check], reason: str = "") -> None:
        super().__init__(column)
        self.column = column
        self.checks = tuple(checks)
        self.reason = reason


class NoPartitionError(UnfilledError):
    """The values that are given fall into no partition."""


class Filling:
    """One row that is being filled.

    Args:
        plan: Of its table.
        given: The values that are known from the start.
        rng: Where the others are drawn from.
        refer: Returns a row for a foreign key to refer to, as values of its own columns; it is
            given those that the row must have.
        forced: Columns that have to be drawn, though they might be left out.
    """

    def __init__(
        self,
        plan: Plan,
        given: Mapping[str, Any],
        rng: random.Random,
        refer: Refer,
        forced: Iterable[str] = (),
    ) -> None:
        self._plan = plan
        self._given = given
        self._rng = rng
        self._refer = refer
        self._forced = set(forced)
        self._loose: set[str] = set()  # columns that are left out, if a condition lets them be
        self._given_up: list[Check] = []  # about given values alone: the server will judge

    def settle(self, column: Column) -> Any:
        """Draw one column ahead of the others.

        Raises:
            UnfilledError: There is no value for it.
        """
        row = dict(self._given)
        checks = list(self._plan.about[column.name])
        leaves = [leaf for check in checks for leaf in self._leaves(check, row)]
        limits = self._limits(column, row, leaves) if checks else Limits()
        return self._draw(column, limits, checks, row)

    def values(self) -> dict[str, Any]:
        """Return the values to insert, by column.

        Raises:
            UnfilledError: None were found.
        """
        row, written = dict(self._given), dict(self._given)
        for group in self._plan.groups:
            found = self._found(group, row)
            row.update(found)
            written.update(found)
        return written

    def _found(self, group: Group, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values to insert into the columns of a group."""
        failure: UnfilledError | None = None
        for _ in range(ROWS):
            try:
                return self._try(group, dict(row))
            except NoPartitionError:
                raise
            except UnfilledError as error:
                failure = error
                if not error.checks:
                    break  # of a type that is not known: another try is no better
                if not self._loosen(error):
                    self._given_up += error.checks
        assert failure is not None
        raise failure

    def _loosen(self, error: UnfilledError) -> bool:
        """Let the columns of a broken condition be drawn; tell whether another try can help."""
        columns = {name for check in error.checks for name in check.columns}
        free = {name for name in columns if self._can_change(name)}
        self._loose |= free
        return bool(free)

    def _can_change(self, name: str) -> bool:
        column = self._plan.table.columns.get(name)
        return column is not None and name not in self._given and not column.generated

    def _try(self, group: Group, row: dict[str, Any]) -> dict[str, Any]:
        self._start(group, row)
        checks = [*group.checks, *self._partition(group, row)]
        checks = [check for check in checks if check not in self._given_up]
        leaves = [leaf for check in checks for leaf in self._leaves(check, row)]
        written: dict[str, Any] = {}
        columns = self._to_draw(group, row, leaves)
        keys = self._keys(columns)
        for column in sorted(columns, key=lambda column: column.name not in keys):
            if column.name not in written:
                found = self._fill(column, row, leaves, checks, keys.get(column.name))
                row.update(found)
                written.update(found)
        broken = [check for check in checks if is_false(node_of(check), row)]
        if broken:
            raise UnfilledError(None, broken)
        return written

    def _start(self, group: Group, row: dict[str, Any]) -> None:
        """Note what is known of the columns before anything is drawn."""
        for name in group.columns:
            if name in self._plan.relevant and name not in row and not self._is_forced(name):
                self._know(name, row)

    def _is_forced(self, name: str) -> bool:
        column = self._plan.table.columns[name]
        return name in self._forced or name in self._loose or self._plan.is_drawn(column)

    def _know(self, name: str, row: dict[str, Any]) -> None:
        """Note the value that the database will write where none is given, if it is known."""
        column = self._plan.table.columns[name]
        if column.generated or column.identity:
            return
        if column.default is None:
            row[name] = None
            return
        try:
            row[name] = self._plan.default(name)
        except CannotTellError:
            pass  # a sequence's, or a function's: the database alone knows

    def _leaves(self, check: Check, row: Mapping[str, Any]) -> list[Node]:
        return branch(node_of(check), self._rng, row)

    def _partition(self, group: Group, row: Mapping[str, Any]) -> list[Check]:
        """Draw the partition that the row shall fall into."""
        partitions = group.partitions
        if partitions is None:
            return []
        if any(check.node is None for check in partitions):
            return []  # the server will say
        for known in (row, self._given):  # what was left out can be drawn after all
            fitting = [check for check in partitions if not is_false(node_of(check), known)]
            if fitting:
                return [self._rng.choice(fitting)]
        raise NoPartitionError(None, partitions)

    def _to_draw(self, group: Group, row: dict[str, Any], leaves: list[Node]) -> list[Column]:
        """Return the columns to draw."""
        columns = [
            column
            for column in group.columns.values()
            if column.name not in self._given and self._is_forced(column.name)
        ]
        return [column for column in columns if not self._left_out(column, row, leaves)]

    def _keys(self, columns: Iterable[Column]) -> dict[str, ForeignKey]:
        """Return the foreign key of each column to draw: one that no NULL makes void."""
        drawn = {column.name for column in columns}
        there = drawn | {name for name, value in self._given.items() if value is not None}
        keys: dict[str, ForeignKey] = {}
        for key in self._plan.keys:
            if there.issuperset(key.columns):
                for name in drawn.intersection(key.columns):
                    keys.setdefault(name, key)
        return keys

    def _left_out(self, column: Column, row: dict[str, Any], leaves: list[Node]) -> bool:
        """Tell whether a column that may be left out is, in this try."""
        if column.name in self._forced or self._plan.is_drawn(column):
            return False
        null = limits_of(column.name, leaves, row).null
        if null is None:
            null = self._rng.random() < 0.5
        if null:
            self._know(column.name, row)
        return null

    def _fill(
        self,
        column: Column,
        row: dict[str, Any],
        leaves: list[Node],
        checks: list[Check],
        key: ForeignKey | None,
    ) -> dict[str, Any]:
        """Draw one column, and those that refer to the same row with it."""
        about = [check for check in checks if column.name in check.columns]
        limits = self._limits(column, row, leaves) if about else Limits()
        if key is not None:
            return self._referred(key, limits, row)
        return {column.name: self._draw(column, limits, about, row)}

    def _limits(self, column: Column, row: Mapping[str, Any], leaves: list[Node]) -> Limits:
        others = [name for name in self._plan.linked if name != column.name and name not in row]
        known: dict[str, Limits] = {}
        for _ in range(LINKS if column.name in self._plan.linked else 0):
            known = {name: limits_of(name, leaves, row, known) for name in others}
        limits = limits_of(column.name, leaves, row, known)
        for check in self._plan.about[column.name]:
            limits.mentioned += mentioned(column.name, node_of(check))
        return limits

    def _referred(self, key: ForeignKey, limits: Limits, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return values for the columns of a foreign key."""
        pairs = list(zip(key.columns, key.referred, strict=True))
        fixed = {there: row[here] for here, there in pairs if row.get(here) is not None}
        if limits.choices and len(pairs) == 1:
            fixed = {key.referred[0]: self._rng.choice(limits.choices)}
        found = self._refer(key, fixed)
        return {here: found[there] for here, there in pairs}

    def _draw(self, column: Column, limits: Limits, about: list[Check], row: dict[str, Any]) -> Any:
        """Draw a value that no condition refuses."""
        reason = ""
        unique = column.name in self._plan.unique
        for attempt in range(TRIES if about else 1):
            wish = Wish(limits, column.name, self._plan.table.name, unique, attempt)
            try:
                value = row[column.name] = draw(column.type, wish, self._rng)
            except (NotDrawableError, UnreadableError) as error:
                reason = str(error)
                continue
            if not any(is_false(node_of(check), row) for check in about):
                return value
        row.pop(column.name, None)
        raise UnfilledError(column.name, about, reason)
