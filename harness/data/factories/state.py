"""What the factories remember of one lease: numbers, tables and the rows of what they made."""

from __future__ import annotations

import random
import threading
import weakref
from collections import Counter
from typing import Any, Protocol

from harness.core.seed import derive
from harness.data.factories.factory import Blueprint
from harness.data.factories.tables import Tables, find_table, likely_tables


class Database(Tables, Protocol):
    """A lease, as far as factories need it."""

    @property
    def rng(self) -> random.Random:
        """What is drawn is drawn from it; each test has its own."""

    @property
    def baseline(self) -> object | None:
        """The lease that the test's class holds, if it does: this one goes on from there."""

    def make(self, table: str, /, **columns: Any) -> Any:
        """Insert a row with these columns, and others as the schema wants; return it whole."""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns."""


class State:
    """What the factories remember of one lease.

    Args:
        rng: What the lease draws from.
        before: What is remembered of the lease that a class holds: a test goes on from there.

    Attributes:
        seed: What all that is drawn here follows from.
    """

    seed: int
    _stream: random.Random | None = None

    def __init__(self, rng: random.Random, before: State | None = None) -> None:
        self.draw_from(rng)
        self._lock = threading.Lock()
        self._numbers: Counter[type] = Counter(() if before is None else before._numbers)
        self._tables: dict[Blueprint, str] = {}
        # Each with its object, so that an id stays that of one.
        self._rows: dict[int, tuple[Any, Any]] = {} if before is None else dict(before._rows)

    def draw_from(self, rng: random.Random) -> None:
        """Draw from these numbers, of which one is taken, unless it is what is drawn from already.

        What was counted goes on: the rows with the numbers so far are there.
        """
        if rng is not self._stream:
            self._stream = rng
            self.seed = rng.getrandbits(64)

    def next_number(self, model: type) -> int:
        """Return the number of one more object of a class, from 1."""
        with self._lock:
            self._numbers[model] += 1
            return self._numbers[model]

    def rng(self, model: type, number: int, name: str) -> random.Random:
        """Return random numbers for one attribute of one object.

        Each attribute has its own, so that what another one draws changes nothing.
        """
        return random.Random(derive(self.seed, model.__qualname__, str(number), name))

    def table(self, db: Database, blueprint: Blueprint) -> str:
        """Return the table that a class's objects are rows of.

        Raises:
            FactoryError: There is none of the name that is declared, or of a likely one.
        """
        if blueprint not in self._tables:
            names = likely_tables(blueprint.model)
            names = names if blueprint.table is None else [blueprint.table]
            self._tables[blueprint] = find_table(blueprint.model, names, db)
        return self._tables[blueprint]

    def remember(self, made: object, row: Any) -> None:
        """Keep the row of an object: not every column has a field."""
        self._rows[id(made)] = (made, row)

    def row(self, made: object) -> Any:
        """Return the row that an object was made with, or the object if it is one; else None."""
        _, row = self._rows.get(id(made), (None, None))
        return made if hasattr(made, "columns") else row


_lock = threading.Lock()
_states: weakref.WeakKeyDictionary[object, State] = weakref.WeakKeyDictionary()


def state_of(db: Database) -> State:
    """Return what is remembered of a lease."""
    with _lock:  # threads of one test share what is remembered
        state = _states.get(db)
        if state is None:
            before = None if db.baseline is None else _states.get(db.baseline)
            state = _states[db] = State(db.rng, before)
        state.draw_from(db.rng)
        return state
