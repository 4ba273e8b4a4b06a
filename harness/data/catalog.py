"""The structure of a database as texts that can be compared."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

Rows = Callable[[str], list[Any]]

OURS = """
n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_t%'
and n.nspname not like 'pg\\_toast%'
"""
# What an extension brings, and what a column or constraint brings with it, is told with these.
NOT_EXTENDED = """
not exists (select from pg_depend d
            where d.classid = '{catalog}'::regclass and d.objid = {oid} and d.deptype = 'e')
"""
ACL = """
nullif((select string_agg(g::text, ', ' order by g::text) from unnest({column}) g),
       (select string_agg(g::text, ', ' order by g::text)
        from unnest(acldefault('{kind}', {owner})) g))
"""


RIGHTS = "/* rights */"  # around what tells them, to leave it out
WITH_RIGHTS = re.compile(f"{re.escape(RIGHTS)}.*?{re.escape(RIGHTS)}", re.DOTALL)


def own(catalog: str, oid: str) -> str:
    """Return the condition that an object is the user's own."""
    return f"{OURS} and {NOT_EXTENDED.format(catalog=catalog, oid=oid)}"


def acl(column: str, kind: str, owner: str) -> str:
    """Return the expression for the rights on an object, where they are not those by default."""
    return RIGHTS + ACL.format(column=column, kind=kind, owner=owner) + RIGHTS


# Each returns what a thing is, its name, and all that there is to say about it.
QUERIES = (
    f"""
select 'schema', quote_ident(nspname), {acl("nspacl", "n", "nspowner")}
from pg_namespace n where {own("pg_namespace", "n.oid")}
""",
    "select 'extension', quote_ident(extname), extversion from pg_extension",
    f"""
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                      when 'f' then 'foreign table' else 'table' end,
       format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', case c.relpersistence when 'u' then 'unlogged' end,
                 case when c.relispartition
                      then 'partition ' || pg_get_expr(c.relpartbound, c.oid) end,
                 case c.relkind when 'p' then 'partition by ' || pg_get_partkeydef(c.oid) end,
                 (select 'inherits ' || string_agg(i.inhparent::regclass::text, ', ' order by
                                                   i.inhseqno)
                  from pg_inherits i where i.inhrelid = c.oid),
                 'with ' || array_to_string(c.reloptions, ', '),
                 case when c.relrowsecurity then 'row security' end,
                 case when c.relforcerowsecurity then 'forced' end,
                 case when c.relreplident <> 'd'
                      then concat('replica identity ', c.relreplident) end,
                 case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
                 {acl("c.relacl", "r", "c.relowner")}, obj_description(c.oid, 'pg_class'))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and {own("pg_class", "c.oid")}
""",
    f"""
select 'column', format('%I.%I.%I', n.nspname, c.relname, a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                 case when a.attnotnull then 'not null' end,
                 case a.attgenerated when 's' then 'generated' when 'v' then 'virtual' end,
                 'default ' || pg_get_expr(d.adbin, d.adrelid),
                 case a.attidentity when 'a' then 'identity always'
                                    when 'd' then 'identity by default' end,
                 case when a.attcollation <> t.typcollation
                      then 'collate ' || a.attcollation::regcollation end,
                 {RIGHTS}array_to_string(a.attacl, ', '){RIGHTS})
from pg_attribute a join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
and {own("pg_class", "c.oid")}
""",
    f"""
select 'comment on column', format('%I.%I.%I', n.nspname, c.relname, a.attname),
       d.description
from pg_description d join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
join pg_namespace n on n.oid = c.relnamespace
where d.objsubid > 0 and {own("pg_class", "c.oid")}
""",
    f"""
select 'constraint', format('%I on %s', x.conname,
                            coalesce(nullif(x.conrelid, 0)::regclass::text,
                                     format_type(x.contypid, null))),
       concat_ws(' ', pg_get_constraintdef(x.oid), obj_description(x.oid, 'pg_constraint'))
from pg_constraint x join pg_namespace n on n.oid = x.connamespace
where x.contype not in ('t', 'n') and not (x.contype = 'f' and x.conparentid <> 0)
and {own("pg_constraint", "x.oid")}
""",
    f"""
select 'index', format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', pg_get_indexdef(c.oid), case when not i.indisvalid then 'invalid' end,
                 case when i.indisclustered then 'clustered' end,
                 case when i.indisreplident then 'replica identity' end,
                 obj_description(c.oid, 'pg_class'))
from pg_index i join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace where {own("pg_class", "c.oid")}
""",
    f"""
select 'sequence', format('%I.%I', n.nspname, c.relname),
       concat_ws(' ', format_type(s.seqtypid, null), 'start', s.seqstart, 'increment',
                 s.seqincrement, 'from', s.seqmin, 'to', s.seqmax, case when s.seqcycle
                 then 'cycle' end, {acl("c.relacl", "s", "c.relowner")},
                 obj_description(c.oid, 'pg_class'))
from pg_sequence s join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace where {own("pg_class", "c.oid")}
""",
    f"""
select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
       p.oid::regprocedure::text,
       concat_ws(' ', case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end,
                 {acl("p.proacl", "f", "p.proowner")}, obj_description(p.oid, 'pg_proc'))
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {own("pg_proc", "p.oid")}
""",
    f"""
select 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass),
       concat_ws(' ', pg_get_triggerdef(t.oid), 'state', t.tgenabled)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and {own("pg_class", "c.oid")}
""",
    f"""
select 'rule', format('%I on %s', r.rulename, r.ev_class::regclass), pg_get_ruledef(r.oid)
from pg_rewrite r join pg_class c on c.oid = r.ev_class
join pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and {own("pg_class", "c.oid")}
""",
    f"""
select 'policy', format('%I on %s', p.polname, p.polrelid::regclass),
       concat_ws(' ', p.polcmd, case when not p.polpermissive then 'restrictive' end,
                 'to', array_to_string(p.polroles::regrole[], ', '),
                 'using ' || pg_get_expr(p.polqual, p.polrelid),
                 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid))
from pg_policy p join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace where {own("pg_class", "c.oid")}
""",
    f"""
select 'type', format('%I.%I', n.nspname, t.typname),
       concat_ws(' ', case t.typtype when 'e' then 'enum' when 'd' then 'domain'
                                     when 'r' then 'range' when 'c' then 'composite' end,
                 (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                  from pg_enum e where e.enumtypid = t.oid),
                 case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
                 case when t.typnotnull then 'not null' end, 'default ' || t.typdefault,
                 (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid),
                 {acl("t.typacl", "T", "t.typowner")}, obj_description(t.oid, 'pg_type'))
from pg_type t join pg_namespace n on n.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where (t.typtype in ('e', 'd', 'r') or c.relkind = 'c') and {own("pg_type", "t.oid")}
""",
    f"""
select 'statistics', format('%I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
where {own("pg_statistic_ext", "s.oid")}
""",
    f"""
select 'operator', o.oid::regoperator::text, o.oprcode::regprocedure::text
from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
where {own("pg_operator", "o.oid")}
""",
    """
select 'cast', format('%s to %s', castsource::regtype, casttarget::regtype),
       concat_ws(' ', castfunc::regprocedure, castcontext, castmethod)
from pg_cast where oid >= 16384
and not exists (select from pg_depend where objid = pg_cast.oid and deptype = 'e')
""",
    """
select 'publication', quote_ident(p.pubname),
       concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
                 (select string_agg(r.name, ', ' order by r.name)
                  from (select prrelid::regclass::text as name from pg_publication_rel
                        where prpubid = p.oid) r))
from pg_publication p
""",
    """
select 'event trigger', quote_ident(evtname),
       concat_ws(' ', evtevent, evtfoid::regprocedure, evtenabled, array_to_string(evttags, ', '))
from pg_event_trigger
""",
    """
select 'default privileges', format('%s in %s on %s', defaclrole::regrole,
                                    coalesce(nullif(defaclnamespace, 0)::regnamespace::text, '*'),
                                    defaclobjtype), array_to_string(defaclacl, ', ')
from pg_default_acl
""",
    """
select 'foreign server', quote_ident(s.srvname),
       concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, array_to_string(s.srvoptions, ', '))
from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw
""",
)


# Columns that an INSERT has to give a value; a trigger that runs before it may do so, too.
UNFILLED = f"""
select format('%I.%I', n.nspname, c.relname), quote_ident(a.attname)
from pg_attribute a join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
and (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = ''
and t.typdefault is null and {own("pg_class", "c.oid")}
and not exists (select from pg_trigger where tgrelid = c.oid and not tgisinternal
                and tgtype & 7 = 7)
"""


class Catalog(dict[tuple[str, str], str]):
    """What a database is made of: a definition for each kind and name, schema included.

    The order of a table's columns is not told: a column that was dropped comes back as the last.
    """

    @classmethod
    def read(cls, rows: Rows, *, rights: bool = True) -> Catalog:
        """Read it.

        Args:
            rows: Runs a query and returns its rows; nothing may be on its `search_path`, else
                names would be told without their schema.
            rights: Whether to tell who may do what, too.
        """
        queries = QUERIES if rights else [WITH_RIGHTS.sub("null::text", sql) for sql in QUERIES]
        return cls({(kind, name): said or "" for sql in queries for kind, name, said in rows(sql)})

    def difference(self, other: Catalog) -> list[str]:
        """Say, line by line, what differs in `other`: `-` is missing there, `+` only there.

        Example:
            >>> before = Catalog({("column", "public.users.id"): "integer"})
            >>> before.difference(Catalog({("column", "public.users.id"): "bigint"}))
            ['- column public.users.id integer', '+ column public.users.id bigint']
        """
        lines: list[str] = []
        for key in sorted({*self, *other}):
            mine, theirs = self.get(key), other.get(key)
            if mine != theirs:
                lines += changed(" ".join(key), mine, theirs)
        return lines


def changed(name: str, mine: str | None, theirs: str | None) -> list[str]:
    """Say how one definition differs; of a long one only the lines that do."""
    before = [] if mine is None else f"{name} {mine}".rstrip().splitlines()
    after = [] if theirs is None else f"{name} {theirs}".rstrip().splitlines()
    lines = [line.rstrip() for line in difflib.ndiff(before, after) if line[0] in "+-"]
    if len(before) > 1 and len(after) > 1:
        lines.insert(0, f"  {name}")
    return lines
