"""The rows that tables are put back to."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from harness.services.postgres.commit.pristine import Table


class Contents:
    """Rows of tables, as COPY writes them, kept in memory.

    Args:
        beneath: Others, which hold for the tables that are not read here.
    """

    def __init__(self, beneath: Contents | None = None) -> None:
        self._rows: dict[int, bytes] = dict(beneath._rows) if beneath is not None else {}

    def __contains__(self, table: Table) -> bool:
        return table.oid in self._rows

    def read(self, session: Any, tables: Iterable[Table]) -> None:
        """Keep what tables hold now."""
        for table in tables:
            self._rows[table.oid] = copy_out(session, table)

    def write(self, session: Any, table: Table) -> None:
        """Fill a table, which is empty, with what it held."""
        if self._rows[table.oid]:
            copy_in(session, table, self._rows[table.oid])

    def equal(self, session: Any, table: Table) -> bool:
        """Tell whether a table holds what it held, in any order."""
        found = copy_out(session, table).splitlines()
        return sorted(found) == sorted(self._rows[table.oid].splitlines())


def copy_out(session: Any, table: Table) -> bytes:
    """Return the rows of a table; generated columns are left out.

    Of one that has no others it is an empty line for each row.
    """
    stream = io.BytesIO()
    columns = f"select {table.columns} from only {table.name}"
    session.execute_unnamed(f"copy ({columns}) to stdout", stream=stream)
    return stream.getvalue()


def copy_in(session: Any, table: Table, rows: bytes) -> None:
    """Add rows to a table."""
    columns = f"({table.columns})" if table.columns else ""
    session.execute_unnamed(f"copy {table.name} {columns} from stdin", stream=io.BytesIO(rows))
