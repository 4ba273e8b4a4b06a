"""Replication slots in a test's database, which keep it from being dropped."""

from __future__ import annotations

from typing import Any

from harness.errors import LeakError
from harness.services.postgres.commit.inspector import Inspector
from harness.services.postgres.commit.kinds import drop_slots
from harness.services.postgres.databases import Databases

OWN = """
select slot_name::text from pg_replication_slots
where database = current_database() and not temporary
"""


def end_slots(inspector: Inspector, databases: Databases) -> list[Exception]:
    """Drop the slots of a database; return a failure for them."""

    def rows(query: str) -> list[Any]:
        return inspector(lambda session: list(session.execute_simple(query).rows))

    names = [name for (name,) in rows(OWN)]
    if not names:
        return []
    drop_slots(rows, databases.end, names)
    return [left_slots(names)]


def left_slots(names: list[str]) -> LeakError:
    """Return the error for replication slots that were left in a database."""
    return LeakError(
        f"the test left {len(names)} replication slot(s): {', '.join(names)}",
        cause="a slot outlives the session that made it, and keeps its database and the server's "
        "log",
        hint="make it temporary, or drop it in the test, with self.addCleanup(...); it was dropped",
    )
