"""What would hinder rows from being loaded in any order, and how it is put back afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from harness.data.target import Target
from harness.services.postgres.names import literal

# Each returns a statement that takes something away, and those that put it back.
FOREIGN_KEYS = """
select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname),
       format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname,
              pg_get_constraintdef(k.oid))
       || coalesce(format('; comment on constraint %I on %s is %L', k.conname,
                          k.conrelid::regclass, obj_description(k.oid, 'pg_constraint')), '')
from pg_constraint k
where k.contype = 'f' and k.conparentid = 0
and not exists (select from pg_depend d where d.classid = 'pg_constraint'::regclass
                and d.objid = k.oid and d.deptype = 'e')
order by k.oid
"""
TRIGGERS = """
select format('alter table only %s disable trigger %I', t.tgrelid::regclass, t.tgname),
       format('alter table only %s enable %s trigger %I', t.tgrelid::regclass,
              case t.tgenabled when 'R' then 'replica' when 'A' then 'always' else '' end,
              t.tgname)
from pg_trigger t
where not t.tgisinternal and t.tgenabled <> 'D' and t.tgrelid in ({tables}) order by t.oid
"""
ROW_SECURITY = """
select format('alter table only %s no force row level security', c.oid::regclass),
       format('alter table only %s force row level security', c.oid::regclass)
from pg_class c where c.relforcerowsecurity and c.oid in ({tables})
"""


def pause(tables: Iterable[str], target: Target) -> list[str]:
    """Take away what looks at single rows: foreign keys, triggers, forced row security.

    It needs the tables' owner, no superuser. Foreign keys that are put back are checked, all rows
    at once, which is faster than one by one.

    Args:
        tables: Those that rows are loaded into, as SQL writes them.
        target: The database.

    Returns:
        Statements that put it back.
    """
    listed = ", ".join(f"{literal(table)}::regclass" for table in tables) or "null"
    again: list[str] = []
    for query in (FOREIGN_KEYS, TRIGGERS, ROW_SECURITY):
        for away, back in target.rows(query.format(tables=listed)):
            target.execute(away)
            again.append(back)
    return again
