"""Whether the structure of a database is still that of its template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.services.postgres.commit.pristine import Catalog

FIRST_OWN = 16384  # what has a lower number came with the server
# Schemas of temporary objects are made once and stay, empty.
WITHOUT = {
    "pg_namespace": "where nspname not like 'pg\\_temp%' and nspname not like 'pg\\_toast_t%'"
}
OWNERS = {"pg_attribute": "attrelid", "pg_description": "objoid", "pg_largeobject": "loid"}

# What the server keeps of a database outside of it. What a vacuum writes there is left out. And
# what large objects hold, for a role that may not look at their catalog: nothing else tells of it.
OUTSIDE = """
select concat_ws('|', d.datdba, d.datistemplate, d.datallowconn, d.datconnlimit, d.dattablespace,
       d.datacl, shobj_description(d.oid, 'pg_database'),
       (select string_agg(s.setrole || ':' || s.setconfig::text, ',' order by s.setrole)
        from pg_db_role_setting s where s.setdatabase = d.oid),
       (select string_agg(s.subname, ',' order by s.subname)
        from pg_subscription s where s.subdbid = d.oid),
       case when not has_table_privilege('pg_largeobject', 'select') then
           (select string_agg(l.oid || ':' || md5(lo_get(l.oid)), ',' order by l.oid)
            from pg_largeobject_metadata l where pg_has_role(l.lomowner, 'usage')) end)
from pg_database d where d.datname = current_database()
"""


def catalog_counts(
    session: Any, catalogs: Iterable[Catalog], since: int, *, all_rows: bool
) -> dict[str, tuple[int, int]]:
    """Return for each catalog the number of its rows, and how many are newer.

    A row that was changed is newer, one that was removed is missing: only an unchanged catalog has
    as many rows as before, and none that is newer.

    Args:
        session: A session of the database.
        catalogs: The catalogs to look at.
        since: The transaction from which on a row is newer.
        all_rows: Whether to look at what came with the server, too; only a superuser can change it.
    """
    parts = (
        f"select '{catalog.name}', count(*), count(*) filter (where {newer(since)}) "
        f"from {catalog.name} "
        f"{condition(catalog, all_rows)}"
        for catalog in catalogs
    )
    rows = session.execute_simple(" union all ".join(parts)).rows
    return {name: (int(count), int(new)) for name, count, new in rows}


def newer(since: int) -> str:
    """Return the condition for rows that a transaction wrote, or one after it."""
    return f"age(xmin) <= age('{since}'::xid)"


def condition(catalog: Catalog, all_rows: bool) -> str:
    """Return which rows of a catalog to look at."""
    if catalog.name in WITHOUT:
        return WITHOUT[catalog.name]
    column = "oid" if catalog.numbered else OWNERS.get(catalog.name)
    return "" if all_rows or column is None else f"where {column} >= {FIRST_OWN}"


def outside(session: Any) -> str:
    """Return what the server keeps of a database: owner, rights, settings, comment."""
    return str(session.execute_simple(OUTSIDE).rows[0][0])
