"""What is to be saved of each table: columns, masks, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.core.nearest import did_you_mean
from harness.data.snapshots.fakes import Change, fake
from harness.data.snapshots.masks import Mask
from harness.data.snapshots.source import Column, SourceTable
from harness.data.snapshots.wishes import Wishes
from harness.errors import SnapshotError
from harness.services.postgres.names import identifier

PERSONAL = re.compile(
    r"e_?mail|phone|mobile|passw|pwd|secret|token|api_?key|(first|last|full|sur|user)_?name"
    r"|address|street|postcode|zip_?code|birth|ssn|social_sec|iban|credit|card_?n|passport|ip_addr",
    re.IGNORECASE,
)
FOREIGN = "its rows are on another server"
EXCLUDED = "left out by --exclude-table-data"
UNNAMED = "not named by --table"


@dataclass(frozen=True)
class Part:
    """What is saved of one table.

    Attributes:
        table: The table.
        columns: Those that are saved.
        masks: How some of them are masked, by their names.
    """

    table: SourceTable
    columns: tuple[Column, ...]
    masks: dict[str, Mask]

    @property
    def copy(self) -> str:
        """The statement by which the server sends the rows, masked."""
        values = ", ".join(map(self._value, self.columns))
        if not self.masks and self.columns:
            return f"copy {self.table.name} ({values}) to stdout"
        return f"copy (select {values} from only {self.table.name}) to stdout"

    def _value(self, column: Column) -> str:
        name = identifier(column.name)
        if column.name not in self.masks:
            return name
        said = self.table.column(column.name)
        return f"{self.masks[column.name].expression(column, said)} as {name}"

    def is_empty(self, name: str) -> bool:
        """Tell whether nothing of a column is saved."""
        saved = name in [column.name for column in self.columns]
        return not saved or (name in self.masks and self.masks[name].kind == "null")

    def made(self, name: str) -> tuple[object, ...]:
        """Return what decides which values a column will have; nothing for its real ones."""
        if name not in self.masks:
            return ()
        column = next(column for column in self.columns if column.name == name)
        return (self.masks[name], column.base, column.length)

    @property
    def changes(self) -> dict[int, Change]:
        """What is to be made of what arrives, by the number of the column."""
        return {
            at: fake(mask.told, column.length, column.unique)
            for at, column in enumerate(self.columns)
            if (mask := self.masks.get(column.name)) is not None and mask.kind == "fake"
        }


class Plan:
    """What is saved of a database.

    Args:
        tables: Its tables.
        wishes: What the user wants.
        key: Key of hashes.

    Attributes:
        parts: What is saved of each table.
        without_rows: Tables of which no row is saved, with the reason.
        masks: Way of masking by the name of the column.
        left_out: Names of the columns whose values are left out.

    Raises:
        SnapshotError: A wish names nothing, or cannot be fulfilled.
    """

    def __init__(self, tables: Sequence[SourceTable], wishes: Wishes, key: bytes) -> None:
        self._tables, self._wishes, self._key = tables, wishes, key
        for pattern in (*wishes.tables, *wishes.without_rows):
            self._called(pattern)
        self._ways = dict(self._columns_of(wishes.masks.items(), "--mask"))
        self._gone = dict(self._columns_of(((name, "") for name in wishes.left_out), "--leave-out"))
        self.without_rows = dict(self._without_rows())
        saved = [t for t in tables if t.kind == "r" and t.name not in self.without_rows]
        self.parts = [self._part(table) for table in saved]
        self.masks = {
            part.table.column(name): mask.way
            for part in self.parts
            for name, mask in part.masks.items()
        }
        self.left_out = [
            table.column(name) for table in saved for name in self._of(table, self._gone)
        ]

    def _called(self, pattern: str) -> list[SourceTable]:
        found = [table for table in self._tables if table.is_called(pattern)]
        if not found:
            known = [name for table in self._tables for name in table.names]
            raise SnapshotError(
                f"there is no table {pattern!r}",
                hint=did_you_mean(pattern, known) if known else "name another database",
            )
        return found

    def _columns_of(
        self, wishes: Iterable[tuple[str, str]], option: str
    ) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield table and column that each wish means, with what it says of them."""
        for name, way in wishes:
            pattern, _, column = name.rpartition(".")
            tables = self._called(pattern) if pattern else []
            having = [t for t in tables if column in [each.name for each in t.columns]]
            if not having:
                known = [each.name for table in tables for each in table.columns]
                raise SnapshotError(
                    f"{option} {name}: the table {pattern!r} has no column {column!r} to store",
                    cause="generated columns are not saved at all",
                    hint=did_you_mean(column, known) if known else f"write {option} table.column",
                )
            yield from (((table.name, column), way) for table in having)

    def _without_rows(self) -> Iterator[tuple[str, str]]:
        for table in self._tables:
            reason = self._why_not(table)
            if reason and table.kind != "p":
                yield table.name, reason

    def _why_not(self, table: SourceTable) -> str | None:
        """Return why no row of a table is saved; None if they are."""
        if table.kind == "f":
            return FOREIGN
        if any(map(table.is_called, self._wishes.without_rows)):
            return EXCLUDED
        named = not self._wishes.tables or any(map(table.is_called, self._wishes.tables))
        return None if named else UNNAMED

    def _of(self, table: SourceTable, wishes: dict[tuple[str, str], str]) -> dict[str, str]:
        """Return what is said of the columns of a table."""
        return {column: way for (name, column), way in wishes.items() if name == table.name}

    def _part(self, table: SourceTable) -> Part:
        gone = self._of(table, self._gone)
        for column in table.columns:
            if column.name in gone and column.required and not column.has_default:
                raise SnapshotError(
                    f"--leave-out {table.column(column.name)}: "
                    "the column is NOT NULL and has no default",
                    hint=f"write --mask {table.column(column.name)}=hash, or constant:VALUE",
                )
        masks = {name: Mask(way, self._key) for name, way in self._of(table, self._ways).items()}
        columns = tuple(column for column in table.columns if column.name not in gone)
        return Part(table, columns, {name: m for name, m in masks.items() if name not in gone})

    def _check_references(self, part: Part) -> None:
        """Do nothing for columns that are masked as those are that they refer to.

        Raises:
            SnapshotError: One would not find its row again.
        """
        others = {other.table.oid: other for other in self.parts}
        for mine, oid, theirs in part.table.references:
            if part.is_empty(mine) or oid not in others:
                continue
            if part.made(mine) != others[oid].made(theirs):
                one, other = part.table.column(mine), others[oid].table.column(theirs)
                raise SnapshotError(
                    f"{one} refers to {other}, and they are not masked alike",
                    cause="where a key is masked, what refers to it has to get the same values",
                    hint=f"write --mask {one}=hash --mask {other}=hash",
                )

    def bare(self, pattern: re.Pattern[str] = PERSONAL) -> list[str]:
        """Return the columns whose name a pattern finds, and that are saved as they are."""
        return [
            part.table.column(column.name)
            for part in self.parts
            for column in part.columns
            if pattern.search(column.name) and column.name not in part.masks
        ]

    def check(self, tell: Callable[[str], object]) -> None:
        """Tell of columns that look personal and are not masked.

        Args:
            tell: Prints a line.

        Raises:
            SnapshotError: One that has to be masked is not, or a mask cannot be made.
        """
        for part in self.parts:
            assert part.copy  # a mask that does not fit its column is told before anything is read
            self._check_references(part)
        required = self._wishes.required()
        bare = self.bare(required or PERSONAL)
        if required is not None and bare:
            raise SnapshotError(
                f"columns that --require-mask {self._wishes.require} finds are not masked",
                detail="\n".join(bare),
                hint=f"add --mask {bare[0]}=hash, or --leave-out {bare[0]}",
            )
        if bare:
            tell(f"these look personal, and are saved as they are: {', '.join(bare)}")
