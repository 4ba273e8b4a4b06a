"""Reading a table from PostgreSQL's catalog."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.data.checks.nodes import Name, Node, renamed
from harness.data.schema.model import Check, Column, ForeignKey, Table, Type, Unique
from harness.data.schema.source import Rows

# https://www.postgresql.org/docs/current/catalogs.html. One statement for all that a table is.
RELATION = """
with rel as (
    select * from pg_class where oid = to_regclass(%s)
)
select json_build_object(
    'name', rel.oid::regclass::text, 'kind', rel.relkind, 'rules', rel.relhasrules,
    'own', case when rel.relispartition then pg_get_partition_constraintdef(rel.oid) end,
    'partitions', case when rel.relkind = 'p' then (
        select json_agg(json_build_array(
            p.relid::regclass::text, pg_get_partition_constraintdef(p.relid)))
        from pg_partition_tree(rel.oid) p where p.isleaf and p.relid <> rel.oid) end,
    'columns', (select json_agg(json_build_object(
            'name', a.attname, 'type', a.atttypid::int8, 'mod', a.atttypmod,
            'required', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
            'default', pg_get_expr(d.adbin, d.adrelid))
            order by a.attnum)
        from pg_attribute a
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = rel.oid and a.attnum > 0 and not a.attisdropped),
    'constraints', (select json_agg(json_build_object(
            'name', c.conname, 'type', c.contype, 'text', pg_get_expr(c.conbin, c.conrelid),
            'table', c.confrelid::regclass::text, 'full', c.confmatchtype = 'f',
            'columns', (select json_agg(a.attname order by k.n)
                from unnest(c.conkey) with ordinality k(num, n)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num),
            'referred', (select json_agg(a.attname order by k.n)
                from unnest(c.confkey) with ordinality k(num, n)
                join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.num))
            order by c.conname)
        from pg_constraint c where c.conrelid = rel.oid and c.contype in ('c', 'f')
          and not exists (select from pg_constraint above
                          where above.oid = c.conparentid and above.conrelid = c.conrelid)),
    'uniques', (select json_agg(json_build_object(
            'name', i.indexrelid::regclass::text, 'immediate', i.indimmediate,
            'exclusion', i.indisexclusion,
            'expressions', pg_get_expr(i.indexprs, i.indrelid),
            'columns', (select json_agg(a.attname order by k.n)
                from unnest(i.indkey::int2[]) with ordinality k(num, n)
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
                where k.n <= i.indnkeyatts))
            order by i.indexrelid)
        from pg_index i where i.indrelid = rel.oid and (i.indisunique or i.indisexclusion))
)::text
from rel
"""
# Not in one recursive statement: its guessed cost would have the server compile it, for 70 ms.
TYPES = """
select json_build_object(
    'oid', t.oid::int8, 'name', t.typname, 'type', t.typtype, 'category', t.typcategory,
    'base', t.typbasetype::int8, 'mod', t.typtypmod, 'element', t.typelem::int8,
    'required', t.typnotnull, 'default', t.typdefault,
    'span', (select r.rngsubtype::int8 from pg_range r
        where t.oid in (r.rngtypid, r.rngmultitypid)),
    'labels', (select json_agg(e.enumlabel order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid),
    'fields', (select json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod)
            order by a.attnum)
        from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid
          and a.attnum > 0 and not a.attisdropped),
    'checks', (select json_agg(json_build_array(c.conname, pg_get_expr(c.conbin, 0))
            order by c.conname)
        from pg_constraint c where c.contypid = t.oid and c.contype = 'c')
)::text
from pg_type t where t.oid in ({oids})
"""
KINDS = {"e": "enum", "d": "domain", "c": "composite", "r": "range", "m": "multirange"}
LENGTH_FIRST = {"varchar": 4, "bpchar": 4, "bit": 0, "varbit": 0}
TABLES = {"r", "p", "f"}  # ordinary, partitioned, foreign
OTHERS = {"v": "a view", "m": "a materialized view", "S": "a sequence", "i": "an index"}


def describe(rows: Rows, table: str) -> dict[str, Any] | None:
    """Return what the catalog says of a relation; None where there is none of that name."""
    found = rows(RELATION, [table])
    if not found:
        return None
    facts: dict[str, Any] = json.loads(found[0][0])
    facts["types"] = describe_types(rows, {fact["type"] for fact in facts["columns"] or ()})
    return facts


def describe_types(rows: Rows, wanted: set[int]) -> dict[int, Any]:
    """Return what the catalog says of some types, and of those that they are made of."""
    found: dict[int, Any] = {}
    while wanted:
        listed = ", ".join(map(str, sorted(wanted)))
        for (text,) in rows(TYPES.format(oids=listed), ()):
            fact = json.loads(text)
            found[fact["oid"]] = fact
        parts = {oid for fact in found.values() for oid in made_of(fact)}
        wanted = parts - found.keys()
    return found


def made_of(fact: dict[str, Any]) -> set[int]:
    """Return the types that a type is made of."""
    element = fact["element"] if fact["category"] == "A" else 0
    fields = [of for _, of, _ in fact["fields"] or ()]
    return {oid for oid in (fact["base"], element, fact["span"], *fields) if oid}


def table_of(facts: dict[str, Any]) -> Table:
    """Return the table that the catalog describes."""
    types = facts["types"]
    columns = {fact["name"]: column_of(fact, types) for fact in facts["columns"] or ()}
    uniques = [unique_of(fact, columns) for fact in facts["uniques"] or ()]
    constraints = facts["constraints"] or ()
    return Table(
        name=facts["name"],
        columns=columns,
        uniques=tuple(uniques),
        foreign_keys=tuple(foreign_key_of(fact) for fact in constraints if fact["type"] == "f"),
        checks=(*checks_of(facts), *domain_checks(columns)),
        partitions=partitions_of(facts),
        arbitrates=not facts["rules"] and not any(unique.deferrable for unique in uniques),
    )


def checks_of(facts: dict[str, Any]) -> list[Check]:
    """Return the conditions of a table, and that of the partition it is."""
    constraints = facts["constraints"] or ()
    found = [Check.read(fact["name"], fact["text"]) for fact in constraints if fact["type"] == "c"]
    own = facts["own"]
    return [*found, Check.read(f"bounds of the partition {facts['name']}", own)] if own else found


def partitions_of(facts: dict[str, Any]) -> tuple[Check, ...] | None:
    """Return the conditions of the partitions of a partitioned table."""
    if facts["kind"] != "p":
        return None
    found = facts["partitions"] or ()
    return tuple(Check.read(f"partition {name}", text or "true") for name, text in found)


def domain_checks(columns: dict[str, Column]) -> list[Check]:
    """Return the conditions of domains, said of the columns that have them."""
    return [
        about(check, column.name)
        for column in columns.values()
        for check in column.type.domain_checks()
    ]


def about(check: Check, column: str) -> Check:
    """Return a condition of a domain, said of a column rather than of `value`."""
    if check.node is None:
        return Check(check.name, check.text, reason=check.reason, columns=frozenset([column]))

    def rename(name: Name) -> Node:
        return Name(column) if name.name == "value" else name

    node = renamed(check.node, rename)
    return Check.of(check.name, check.text, node)


def column_of(fact: dict[str, Any], types: dict[int, Any]) -> Column:
    """Return a column."""
    kind = type_of(fact["type"], fact["mod"], types)
    return Column(
        fact["name"],
        kind,
        required=fact["required"] or is_required(kind),
        default=None if fact["generated"] else fact["default"] or types[fact["type"]]["default"],
        identity={"a": "always", "d": "default"}.get(fact["identity"], ""),
        generated=bool(fact["generated"]),
    )


def is_required(kind: Type) -> bool:
    """Tell whether a type is a domain that refuses NULL, or is made of one."""
    if kind.kind != "domain" or kind.element is None:
        return False
    return kind.required or is_required(kind.element)


def type_of(oid: int, mod: int, types: dict[int, Any]) -> Type:
    """Return a type with its length or precision."""
    fact = types[oid]
    kind = KINDS.get(fact["type"], "array" if fact["category"] == "A" else "base")
    length, scale = modifiers(fact["name"], mod)
    inner = {"domain": fact["base"], "array": fact["element"]}.get(kind, fact["span"])
    inner_mod = {"domain": fact["mod"], "array": mod}.get(kind, -1)
    return Type(
        fact["name"],
        kind,
        length=length,
        scale=scale,
        labels=tuple(fact["labels"] or ()),
        element=type_of(inner, inner_mod, types) if inner else None,
        fields=tuple((name, type_of(of, mod, types)) for name, of, mod in fact["fields"] or ()),
        checks=tuple(Check.read(name, text) for name, text in fact["checks"] or ()),
        required=fact["required"],
    )


def modifiers(name: str, mod: int) -> tuple[int | None, int | None]:
    """Return length and scale as a type modifier holds them.

    Example:
        >>> modifiers("numeric", (10 << 16 | 2) + 4), modifiers("varchar", 84)
        ((10, 2), (80, None))
    """
    if mod < 0:
        return None, None
    if name == "numeric":
        scale = (mod - 4) & 0x7FF
        return (mod - 4) >> 16 & 0xFFFF, scale - 0x800 if scale & 0x400 else scale
    return (mod - LENGTH_FIRST[name], None) if name in LENGTH_FIRST else (None, None)


def foreign_key_of(fact: dict[str, Any]) -> ForeignKey:
    """Return a foreign key."""
    return ForeignKey(
        fact["name"],
        tuple(fact["columns"]),
        fact["table"],
        tuple(fact["referred"]),
        full=fact["full"],
    )


def unique_of(fact: dict[str, Any], columns: dict[str, Column]) -> Unique:
    """Return what has to be unique, the columns in its expressions included."""
    inside = re.findall(r"\w+", fact["expressions"] or "")
    listed = dict.fromkeys(
        [*(fact["columns"] or ()), *(word for word in inside if word in columns)]
    )
    return Unique(fact["name"], tuple(listed), deferrable=not fact["immediate"])
