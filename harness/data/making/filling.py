"""Finding values for the columns of one row."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.data.checks.branches import branch, is_false
from harness.data.checks.evaluate import evaluate
from harness.data.checks.limits import Limits, limits_of, mentioned
from harness.data.checks.nodes import CannotTellError, Node, UnreadableError
from harness.data.checks.parser import parse
from harness.data.schema.model import Check, Column, ForeignKey, Table
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


@dataclass(frozen=True)
class Group:
    """Columns that depend on each other, and on no others: found together, or tried anew.

    Attributes:
        columns: By name.
        checks: The conditions about them.
        partitions: The conditions of the partitions, where they are about them.
    """

    columns: dict[str, Column]
    checks: tuple[Check, ...]
    partitions: tuple[Check, ...] | None


class Plan:
    """What is the same for every row of a table.

    Attributes:
        checks: The conditions that could be read.
        about: Those about each column.
        linked: The columns that a condition compares with each other.
        unique: The columns that ought to differ from all others.
        keys: The foreign keys, those of several columns before those of a single one.
        relevant: The columns that a condition is about, of the table or of a partition.
        groups: The columns, parted into such as depend on each other.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.checks = tuple(check for check in table.checks if check.node is not None)
        self.about = {
            name: tuple(check for check in self.checks if name in check.columns)
            for name in table.columns
        }
        self.linked = {
            name for check in self.checks if len(check.columns) > 1 for name in check.columns
        }
        self.unique = {name for unique in table.uniques for name in unique.columns}
        self.keys = sorted(table.foreign_keys, key=lambda key: -len(key.columns))
        parts = [*self.checks, *(table.partitions or ())]
        self.relevant = {name for check in parts for name in check.columns}
        self._defaults = {
            column.name: read_default(column) for column in table.columns.values() if column.default
        }
        self.groups = [self._group(names) for names in self._connected()]
        self.alone = {unique.columns[0] for unique in table.uniques if len(unique.columns) == 1}

    def _connected(self) -> list[set[str]]:
        """Return the columns that conditions and foreign keys connect; those of none together."""
        partitions = [{name for check in self.table.partitions or () for name in check.columns}]
        keys = [set(key.columns) for key in self.keys if len(key.columns) > 1]
        groups: list[set[str]] = []
        for link in [*partitions, *keys, *({*check.columns} for check in self.checks)]:
            joined = link & self.table.columns.keys()
            apart = [group for group in groups if group.isdisjoint(joined)]
            joined = joined.union(*(group for group in groups if group not in apart))
            groups = [*apart, joined]
        return [*filter(None, groups), self.table.columns.keys() - set().union(*groups)]

    def _group(self, names: set[str]) -> Group:
        partitions = self.table.partitions
        about = {name for check in partitions or () for name in check.columns}
        here = partitions is not None and (about <= names if about else not names & self.relevant)
        return Group(
            {name: column for name, column in self.table.columns.items() if name in names},
            tuple(check for check in self.checks if check.columns & names),
            partitions if here else None,
        )

    def is_drawn(self, column: Column) -> bool:
        """Tell whether a column is drawn in every row: nothing else gives it a value."""
        if column.generated or column.identity:
            return False
        if column.default is None:
            return column.required
        return column.name in self.alone and not self.varies(column.name)

    def varies(self, name: str) -> bool:
        """Tell whether a default can be another value in each row."""
        node = self._defaults[name]
        if node is None:
            return True
        try:
            evaluate(node, {})
        except CannotTellError:
            return True
        return False

    def default(self, name: str) -> Any:
        """Return the value that a column has by default.

        Raises:
            CannotTellError: Only the database knows.
        """
        node = self._defaults.get(name)
        if node is None:
            raise UnreadableError(name)
        return evaluate(node, {})


def read_default(column: Column) -> Node | None:
    """Return a default's expression, read; None where it cannot be."""
    try:
        return parse(column.default or "null")
    except UnreadableError:
        return None


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


def node_of(check: Check) -> Node:
    """Return the condition of a check that was read."""
    assert check.node is not None
    return check.node
