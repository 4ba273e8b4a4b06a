"""A table as its database describes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.data.checks.evaluate import unknown
from harness.data.checks.nodes import Node, UnreadableError, names
from harness.data.checks.parser import parse


@dataclass(frozen=True)
class Check:
    """A condition that every row, or every value of a domain, has to meet.

    Attributes:
        name: Name of the constraint.
        text: The condition, as the database writes it.
        node: The condition, read; None where it cannot be.
        reason: Why it cannot, or not all of it.
        columns: The columns it is about, as far as it was read.
    """

    name: str
    text: str
    node: Node | None = None
    reason: str = ""
    columns: frozenset[str] = frozenset()

    @classmethod
    def read(cls, name: str, text: str) -> Check:
        """Read a condition."""
        try:
            node = parse(text)
        except UnreadableError as error:
            return cls(name, text, reason=str(error))
        return cls.of(name, text, node)

    @classmethod
    def of(cls, name: str, text: str, node: Node) -> Check:
        """Return a condition that was read."""
        return cls(name, text, node, unknown(node), names(node))


@dataclass(frozen=True)
class Type:
    """The type of a column.

    Attributes:
        name: Its name: of PostgreSQL's catalog (`int4`, `varchar`, `timestamptz`), on SQLite the
            one of these that its declaration means.
        kind: `base`, `enum`, `domain`, `array`, `composite`, `range` or `multirange`.
        length: The most characters or bits, or the digits of a number; None for any.
        scale: The digits of a number after its point.
        labels: The values of an enum.
        element: What an array holds, a range spans or a domain is made of.
        fields: The parts of a composite type, by name.
        checks: The conditions of a domain, about `value`.
        required: Whether a domain refuses NULL.
    """

    name: str
    kind: str = "base"
    length: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()
    element: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()
    checks: tuple[Check, ...] = ()
    required: bool = False

    @property
    def base(self) -> Type:
        """The type itself, or what a domain is made of in the end."""
        if self.kind == "domain" and self.element is not None:
            return self.element.base
        return self

    def domain_checks(self) -> tuple[Check, ...]:
        """Return the conditions of a domain, and of the domains it is made of."""
        if self.kind != "domain" or self.element is None:
            return ()
        return (*self.checks, *self.element.domain_checks())


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: Its name.
        type: Its type.
        required: Whether it refuses NULL.
        default: What the database writes where nothing is given; None for NULL.
        identity: Whether the database counts it: `always` (nothing can be given), `default`.
        generated: Whether the database computes it.
    """

    name: str
    type: Type
    required: bool = False
    default: str | None = None
    identity: str = ""
    generated: bool = False


@dataclass(frozen=True)
class Unique:
    """Columns that no two rows have in common: a primary key, a constraint or an index.

    Attributes:
        name: Its name.
        columns: Its columns; those of its expressions too.
        deferrable: Whether it can be checked at commit.
    """

    name: str
    columns: tuple[str, ...]
    deferrable: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """Columns that refer to a row of a table.

    Attributes:
        name: Name of the constraint.
        columns: The columns that refer.
        table: The table they refer to, as SQL names it.
        referred: The columns of that table, in the same order.
        full: Whether one NULL among several columns is refused (MATCH FULL).
    """

    name: str
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]
    full: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Its name, quoted as SQL needs it.
        columns: Its columns by name, in order.
        uniques: What has to be unique.
        foreign_keys: What it refers to.
        checks: The conditions of its rows, those of its columns' domains among them.
        partitions: The conditions of its partitions, one of which a row has to meet; a partition's
            own condition is one of `checks`. None for a table without.
        arbitrates: Whether `on conflict do nothing` works here.
    """

    name: str
    columns: dict[str, Column]
    uniques: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    partitions: tuple[Check, ...] | None = None
    arbitrates: bool = True
    statements: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)
