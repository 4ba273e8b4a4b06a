"""What databases of a server share beside roles and settings, rare as it is that a test makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.services.postgres.connect import driver, message
from harness.services.postgres.databases import Databases
from harness.services.postgres.names import identifier, literal


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Attributes:
        query: Returns the name of each, and what it is.
        undo: Removes one; with its name as an `{identifier}` or a `{literal}`.
        version: The first version of the server that has it.
    """

    query: str
    undo: str
    version: int = 0


KINDS = {
    "tablespace": Kind(
        "select spcname, t::text from pg_tablespace t", "drop tablespace {identifier}"
    ),
    "settings of": Kind(
        "select 'all roles', setconfig::text from pg_db_role_setting "
        "where setrole = 0 and setdatabase = 0",
        "alter role all reset all",
    ),
    "comment on role": Kind(
        "select rolname, description from pg_authid a "
        "join pg_shdescription d on d.objoid = a.oid and d.classoid = 'pg_authid'::regclass",
        "comment on role {identifier} is null",
    ),
    "replication origin": Kind(
        "select roname, roident::text from pg_replication_origin",
        "select pg_replication_origin_drop({literal})",
    ),
    "rights to the setting": Kind(
        "select parname, paracl::text from pg_parameter_acl",
        "revoke all on parameter {identifier} from public",
        150000,
    ),
}
Things = dict[tuple[str, str], str]


def look(databases: Databases) -> Things:
    """Return what a server has: what each thing is, by its kind and its name."""
    parts = [
        f"select {literal(name)}, t.* from ({kind.query}) t"
        for name, kind in KINDS.items()
        if kind.version <= databases.server_version
    ]
    return {(kind, name): what for kind, name, what in databases.rows(" union all ".join(parts))}


def undo(databases: Databases, before: Things, now: Things) -> Iterator[str]:
    """Remove what is new; yield what was changed."""
    for thing in sorted(now.keys() - before.keys()):
        yield f"{' '.join(thing)}: new{remove(databases, *thing)}"
    for thing in sorted(before.keys() - now.keys()):
        yield f"{' '.join(thing)}: removed, and cannot be made again as it was"
    for thing in sorted(before.keys() & now.keys()):
        if before[thing] != now[thing]:
            yield f"{' '.join(thing)}: altered, and cannot be put back"


def remove(databases: Databases, kind: str, name: str) -> str:
    """Remove a thing; return what to say of it."""
    sql = KINDS[kind].undo.format(identifier=identifier(name), literal=literal(name))
    try:
        databases.execute(sql)
    except driver().DatabaseError as error:
        return f", and cannot be dropped: {message(error)}"
    return "; it was removed"
