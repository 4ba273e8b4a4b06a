"""In what the structure of a database is another one than its template's, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.errors import LeaseError
from harness.services.postgres.commit.created import KINDS
from harness.services.postgres.commit.damage import Baseline
from harness.services.postgres.commit.pristine import Pristine, Sequence, Table
from harness.services.postgres.commit.structure import catalog_counts, newer, outside
from harness.services.postgres.names import shown

MOST = 10  # names in a line
OUTSIDE = "its owner, rights, limits, settings, comment, subscriptions or large objects are others"
MOVED = "its catalogs lie in other files: vacuum full, reindex"


def changed_structure(where: str, lines: list[str]) -> LeaseError:
    """Return the error for a structure that was changed before the rows to come back to."""
    return LeaseError(
        f"the structure of the database was changed in {where}",
        detail="\n".join(lines),
        cause="what was written there comes back, but into the template's tables",
        hint="put the change into the migrations",
    )


def differences(
    session: Any, pristine: Pristine, baseline: Baseline, *, all_rows: bool
) -> list[str]:
    """Return lines that say what differs.

    Args:
        session: A session of the database.
        pristine: What it should hold.
        baseline: Where the server stood when it was so.
        all_rows: Whether to look at what came with the server, too.
    """
    named = {"new or altered": written(session, baseline.xid), "gone": gone(session, pristine)}
    lines = [f"{what}: {', '.join(some[:MOST])}" for what, some in named.items() if some]
    catalogs = pristine.catalogs.values()
    counts = catalog_counts(session, catalogs, baseline.xid, all_rows=all_rows)
    lines += rows_differ(baseline.catalogs, counts)
    if outside(session) != baseline.outside:
        lines.append(OUTSIDE)
    return lines or [MOVED]


def written(session: Any, since: int) -> list[str]:
    """Return what was made or altered since a transaction, as far as it has a name."""
    parts = (
        f"select pg_describe_object('{catalog}'::regclass, oid, 0) as name "
        f"from {catalog} where {which} and {newer(since)}"
        for catalog, which in KINDS
    )
    query = f"select name from ({' union '.join(parts)}) n where name <> '' order by 1"
    return [str(name) for (name,) in session.execute_simple(query).rows]


def gone(session: Any, pristine: Pristine) -> list[str]:
    """Return the tables and sequences that are there no more."""
    there = {oid for (oid,) in session.execute_simple("select oid::int8 from pg_class").rows}
    known: list[Table | Sequence] = [*pristine.tables.values(), *pristine.sequences.values()]
    return [shown(*each.name.split(".", 1)) for each in known if each.oid not in there]


def rows_differ(before: dict[str, int], now: dict[str, tuple[int, int]]) -> Iterator[str]:
    """Say how many rows of each catalog were written, and how many came or went.

    Example:
        >>> now = {"pg_class": (9, 2), "pg_depend": (7, 0), "pg_type": (5, 0)}
        >>> list(rows_differ({"pg_class": 8, "pg_depend": 7, "pg_type": 6}, now))
        ['pg_class: 2 row(s) written, 1 more than before', 'pg_type: 1 fewer than before']
    """
    for catalog, (count, written) in sorted(now.items()):
        more = count - before[catalog]
        parts = [f"{written} row(s) written"] if written else []
        if more:
            parts.append(f"{abs(more)} {'more' if more > 0 else 'fewer'} than before")
        if parts:
            yield f"{catalog}: {', '.join(parts)}"
