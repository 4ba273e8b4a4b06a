"""What is known of a table before a row of it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.data.checks.evaluate import evaluate
from harness.data.checks.nodes import CannotTellError, Node, UnreadableError
from harness.data.checks.parser import parse
from harness.data.schema.model import Check, Column, Table


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


def node_of(check: Check) -> Node:
    """Return the condition of a check that was read."""
    assert check.node is not None
    return check.node
