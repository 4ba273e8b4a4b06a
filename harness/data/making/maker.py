"""`RowMaker`: rows that satisfy their tables, parents included."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from harness.data.making.dialect import Dialect
from harness.data.making.family import Family
from harness.data.making.plan import Plan
from harness.data.schema.source import Database
from harness.errors import LeaseError


class RowMaker:
    """Makes rows of a database's tables.

    Args:
        db: A lease on the database.
        dialect: What kind of database it is.
        stream: Returns the random numbers that all is drawn from; each row takes one of them.
        plans: The tables that were read, by name: may be shared by leases on equal databases.
    """

    def __init__(
        self,
        db: Database,
        dialect: Dialect,
        stream: Callable[[], random.Random],
        plans: dict[str, Plan] | None = None,
    ) -> None:
        self.db = db
        self.dialect = dialect
        self._stream = stream
        self._shared = {} if plans is None else plans
        self._own: dict[str, Plan] = {}

    def make(self, table: str, given: Mapping[str, Any]) -> Any:
        """Insert a row, and return it as the database has it.

        Args:
            table: Name of the table.
            given: Values of columns; a row or a key for what a foreign key refers to.

        Raises:
            MakeError: No row was found that the table accepts.
        """
        return Family(self, self._stream().getrandbits(64)).make(table, given)

    def plan(self, name: str) -> Plan:
        """Return what is known of a table, read at its first use."""
        found = self._own.get(name) or self._shared.get(name)
        if found is None:
            found = self._shared[name] = Plan(self.dialect.read(self.db, name))
        return found

    def reread(self, name: str) -> bool:
        """Read a table again; tell whether it has changed since it was read."""
        try:
            now = self.dialect.read(self.db, name)
        except LeaseError:
            return False  # a refusal failed the transaction that the code has open
        if now == self.plan(name).table:
            return False
        self._own[name] = Plan(now)  # this lease's alone: a test may have changed its structure
        return True
