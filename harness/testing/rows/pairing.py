"""Finding which of the expected rows belongs to which row of a table."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from harness.errors import ConfigurationError
from harness.testing.rows.equality import Difference, differences
from harness.testing.rows.nearest import rank, ranked

COMPARISONS = 2_000_000  # of an expected row with a row; more would take seconds
PAIRED = 50  # missing rows at most that are shown beside the nearest unexpected one

Expected = Mapping[str, object]


class Pairing:
    """What is missing, unexpected and different among the rows of a table.

    Args:
        wanted: The expected rows, each with some columns.
        rows: Those that are there.
        keys: The columns by which they belong together; none to go by all that is expected.

    Attributes:
        missing: Expected rows that are not there.
        unexpected: Rows that nobody expects.
        different: Rows that belong to an expected one and differ from it.
    """

    def __init__(
        self, wanted: Sequence[Expected], rows: Sequence[Any], keys: Sequence[str]
    ) -> None:
        self.missing: list[Expected] = []
        self.unexpected: list[Any] = []
        self.different: list[tuple[Any, list[Difference]]] = []
        self.keys = keys
        if keys:
            self._pair_by_key(wanted, rows)
        else:
            self._pair_by_value(wanted, rows)
        names = dict.fromkeys(name for row in wanted for name in row)
        self.columns = tuple(dict.fromkeys([*keys, *names]))
        self.unexpected = ranked(self.unexpected, {})

    @property
    def perfect(self) -> bool:
        """Whether every row is as expected."""
        return not (self.missing or self.unexpected or self.different)

    def _pair_by_key(self, wanted: Sequence[Expected], rows: Sequence[Any]) -> None:
        there = defaultdict(list)
        for row in rows:
            there[key_of(row, self.keys)].append(row)
        for expected in wanted:
            found = there[key_of(expected, self.keys)]
            if not found:
                self.missing.append(expected)
                continue
            row = found.pop(0)
            self._note(row, differences(expected, row))
        self.unexpected = [row for left in there.values() for row in left]

    def _note(self, row: Any, found: list[Difference]) -> None:
        if found:
            self.different.append((row, found))

    def _pair_by_value(self, wanted: Sequence[Expected], rows: Sequence[Any]) -> None:
        owners = owners_of(wanted, rows)
        owned = set(owners.values())
        self.missing = [wanted[i] for i in range(len(wanted)) if i not in owned]
        self.unexpected = [row for i, row in enumerate(rows) if i not in owners]
        if len(self.missing) <= PAIRED:
            self._pair_nearest()

    def _pair_nearest(self) -> None:
        """Take a missing row and an unexpected one with equal columns for one that differs."""
        for expected in list(self.missing):
            if not self.unexpected:
                return
            row = min(self.unexpected, key=lambda row: rank(row, expected))
            found = differences(expected, row)
            if len(found) < len(expected):
                self.missing.remove(expected)
                self.unexpected.remove(row)
                self.different.append((row, found))


def check_keys(wanted: Sequence[Expected], keys: Sequence[str]) -> None:
    """Do nothing where every expected row has a key of its own.

    Raises:
        ConfigurationError: One has none, or two have the same.
    """
    seen = set()
    for row in wanted:
        missing = [name for name in keys if name not in row]
        if missing:
            raise ConfigurationError(f"the expected row {row!r} has no {missing[0]!r}, its key")
        key = key_of(row, keys)
        if keys and key in seen:
            raise ConfigurationError(f"two of the expected rows have the key {key!r}")
        seen.add(key)


def key_of(row: Any, keys: Sequence[str]) -> tuple[Hashable, ...]:
    """Return the values by which rows belong together.

    Raises:
        ConfigurationError: They cannot be looked up, as a list or a matcher.
    """
    key = tuple(row[name] for name in keys)
    try:
        hash(key)
    except TypeError as error:
        raise ConfigurationError(
            f"rows cannot be looked up by the key {key!r}",
            hint="choose columns of plain values, or leave key out",
        ) from error
    return key


def owners_of(wanted: Sequence[Expected], rows: Sequence[Any]) -> dict[int, int]:
    """Return the expected row to which each row belongs, as many as can be.

    Several expected rows may equal one row, and the other way round, where matchers are used: each
    that is left over after plain lookups moves others until it finds a free row (a maximum matching
    by augmenting paths).

    Raises:
        ConfigurationError: Too many are left over to try that.
    """
    owners = look_up(wanted, rows)
    left = sorted(set(range(len(wanted))) - set(owners.values()))
    if len(left) * len(rows) > COMPARISONS:
        raise ConfigurationError(
            f"{len(left)} of {len(wanted)} expected rows are not found by their values",
            hint='say by key="id" which rows belong together',
        )
    for number in left:
        augment(number, owners, wanted, rows)
    return owners


def look_up(wanted: Sequence[Expected], rows: Sequence[Any]) -> dict[int, int]:
    """Return the owners of the rows that can be found by their values at once."""
    owners: dict[int, int] = {}
    tables: dict[tuple[str, ...], dict[Any, list[int]]] = {}
    for number, expected in enumerate(wanted):
        names = tuple(expected)
        try:
            if names not in tables:
                tables[names] = index(rows, names)
            numbers = tables[names].get(tuple(expected.values()), [])
        except TypeError:  # a value without a hash
            continue
        free = next((i for i in numbers if i not in owners), None)
        if free is not None:
            owners[free] = number
    return owners


def index(rows: Sequence[Any], names: Sequence[str]) -> dict[Any, list[int]]:
    """Return the numbers of the rows by the values of some columns.

    Raises:
        TypeError: A value has no hash.
    """
    found = defaultdict(list)
    for number, row in enumerate(rows):
        found[tuple(row[name] for name in names)].append(number)
    return dict(found)


def augment(
    number: int, owners: dict[int, int], wanted: Sequence[Expected], rows: Sequence[Any]
) -> None:
    """Find a row for one more expected row, moving the owners of others where that helps."""
    came_from: dict[int, int] = {}  # the expected row from which each row was reached
    todo = deque([number])
    while todo:
        one = todo.popleft()
        for i, row in enumerate(rows):
            if i in came_from or differences(wanted[one], row):
                continue
            came_from[i] = one
            if i not in owners:
                move(i, number, came_from, owners)
                return
            todo.append(owners[i])


def move(free: int, number: int, came_from: dict[int, int], owners: dict[int, int]) -> None:
    """Give the free row to whoever reached it, and so on back to the one that had none."""
    held = {owner: row for row, owner in owners.items()}
    row = free
    while True:
        owner = came_from[row]
        owners[row] = owner
        if owner == number:
            return
        row = held[owner]
