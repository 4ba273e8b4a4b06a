"""The kinds of things that the databases of a server share, and how each is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.services.postgres.database_names import OURS
from harness.services.postgres.databases import Databases
from harness.services.postgres.names import identifier, literal, setting_value

Fields = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Attributes:
        catalog: Where the server keeps them; empty where that is no catalog.
        query: Returns of each the name, what it is, the transaction that has written it last, its
            place, and its number.
        remove: Removes one, by its name and what it is.
        restore: Makes one what it was, by its name, what it was and what it is now, if it is there;
            None where nothing can.
        version: The first version of the server that has it.
    """

    catalog: str
    query: str
    remove: Callable[[Databases, str, Fields], None]
    restore: Callable[[Databases, str, Fields, Fields | None], None] | None = None
    version: int = 0


ROLES = """
select rolname::text, jsonb_build_object('superuser', rolsuper, 'createdb', rolcreatedb,
       'createrole', rolcreaterole, 'inherit', rolinherit, 'login', rolcanlogin,
       'replication', rolreplication, 'bypassrls', rolbypassrls, 'limit', rolconnlimit,
       'until', coalesce(rolvaliduntil, 'infinity')::text, 'password', rolpassword)::text,
       xmin::text::int8, ctid::text, oid::int8
from pg_authid where rolname not like 'pg\\_%'
"""
FLAGS = ("superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls")


def drop_role(databases: Databases, name: str, role: Fields) -> None:
    """Drop a role, with what it owns beside the databases of tests."""
    databases.execute(f"drop owned by {identifier(name)}")
    databases.execute(f"drop role {identifier(name)}")


def restore_role(databases: Databases, name: str, role: Fields, now: Fields | None) -> None:
    """Give a role its name and its attributes, or make it again."""
    if now is None:
        databases.execute(f"create role {identifier(name)}")
    elif now["name"] != name:
        databases.execute(f"alter role {identifier(now['name'])} rename to {identifier(name)}")
        now = {**now, "password": None}  # a password that holds the name is lost with it
    others = {key: value for key, value in role.items() if now is None or now[key] != value}
    if others:
        options = " ".join(option(key, value) for key, value in others.items())
        databases.execute(f"alter role {identifier(name)} {options}")


def option(key: str, value: Any) -> str:
    """Write an attribute of a role.

    Example:
        >>> option("login", False), option("limit", 3), option("password", None)
        ('nologin', 'connection limit 3', 'password null')
    """
    if key in FLAGS:
        return key if value else f"no{key}"
    if key == "limit":
        return f"connection limit {value}"
    words = {"until": "valid until", "password": "password"}
    return f"{words[key]} {'null' if value is None else literal(value)}"


MEMBERSHIPS = """
select m.rolname || ' in ' || r.rolname || case when to_jsonb(a) ? 'oid' then
           ' by ' || g.rolname else '' end,
       jsonb_build_object('role', r.rolname, 'member', m.rolname, 'grantor', g.rolname,
           'admin', a.admin_option, 'inherit', to_jsonb(a) -> 'inherit_option',
           'set', to_jsonb(a) -> 'set_option')::text,
       a.xmin::text::int8, a.ctid::text, 0::int8
from pg_auth_members a join pg_authid r on r.oid = a.roleid join pg_authid m on m.oid = a.member
left join pg_authid g on g.oid = a.grantor
where r.rolname not like 'pg\\_%' or m.rolname not like 'pg\\_%'
"""


def revoke_role(databases: Databases, name: str, membership: Fields) -> None:
    """Take a role out of another one."""
    role, member = identifier(membership["role"]), identifier(membership["member"])
    databases.execute(f"revoke {role} from {member}{by(membership)} cascade")


def grant_role(databases: Databases, name: str, membership: Fields, now: Fields | None) -> None:
    """Put a role into another one, as it was."""
    if now is not None:
        revoke_role(databases, name, now)
    role, member = identifier(membership["role"]), identifier(membership["member"])
    options = [f"{key} {str(membership[key]).lower()}" for key in ("admin", "inherit", "set")]
    words = f" with {', '.join(options)}" if is_detailed(membership) else ""
    if membership["admin"] and not words:
        words = " with admin option"
    databases.execute(f"grant {role} to {member}{words}{by(membership)}")


def is_detailed(membership: Fields) -> bool:
    """Tell whether each option of a membership stands by itself, as since version 16."""
    return membership["set"] is not None


def by(membership: Fields) -> str:
    """Return the clause that says who grants, where it makes a difference."""
    grants = is_detailed(membership) and membership["grantor"]
    return f" granted by {identifier(membership['grantor'])}" if grants else ""


CONFIGURATIONS = f"""
select coalesce('role ' || r.rolname, 'all roles') || coalesce(' in database ' || d.datname, ''),
       jsonb_build_object('role', r.rolname, 'database', d.datname, 'settings', s.setconfig)::text,
       s.xmin::text::int8, s.ctid::text, 0::int8
from pg_db_role_setting s left join pg_authid r on r.oid = s.setrole
left join pg_database d on d.oid = s.setdatabase where d.datname is null or d.datname !~ '{OURS}'
"""


def subject(configuration: Fields) -> str:
    """Return what a configuration is of, as `alter` names it.

    Example:
        >>> subject({"role": "ada", "database": "shop"}), subject({"role": None, "database": None})
        ('role "ada" in database "shop"', 'role all')
    """
    role, database = configuration["role"], configuration["database"]
    if database and not role:
        return f"database {identifier(database)}"
    words = f"role {identifier(role)}" if role else "role all"
    return f"{words} in database {identifier(database)}" if database else words


def reset(databases: Databases, name: str, configuration: Fields) -> None:
    """Remove a configuration."""
    databases.execute(f"alter {subject(configuration)} reset all")


def configure(databases: Databases, name: str, configuration: Fields, now: Fields | None) -> None:
    """Make a configuration what it was."""
    reset(databases, name, configuration)
    for setting, _, value in (each.partition("=") for each in configuration["settings"]):
        change = f"set {identifier(setting)} = {setting_value(setting, value)}"
        databases.execute(f"alter {subject(configuration)} {change}")


COMMENTS = f"""
select o.kind || ' ' || o.name, jsonb_build_object('on', o.kind, o.kind, o.name,
       'name', o.name, 'text', c.description)::text, c.xmin::text::int8, c.ctid::text, 0::int8
from pg_shdescription c join (
    select 'role' as kind, 'pg_authid'::regclass as class, oid, rolname as name from pg_authid
    union all select 'tablespace', 'pg_tablespace'::regclass, oid, spcname from pg_tablespace
    union all select 'database', 'pg_database'::regclass, oid, datname from pg_database
    where datname !~ '{OURS}'
) o on o.class = c.classoid and o.oid = c.objoid
"""


def comment(databases: Databases, name: str, comment: Fields, now: Fields | None) -> None:
    """Make a comment what it was."""
    about = f"{comment['on']} {identifier(comment['name'])}"
    databases.execute(f"comment on {about} is {literal(comment['text'])}")


def remove_comment(databases: Databases, name: str, comment: Fields) -> None:
    """Remove a comment."""
    databases.execute(f"comment on {comment['on']} {identifier(comment['name'])} is null")


RIGHTS = """
select p.parname, jsonb_build_object('rights', (
           select coalesce(jsonb_agg(jsonb_build_array(coalesce(r.rolname, ''), a.privilege_type,
                  a.is_grantable) order by a.grantee, a.privilege_type), '[]')
           from aclexplode(p.paracl) a left join pg_authid r on r.oid = a.grantee
           where a.grantee <> a.grantor))::text, p.xmin::text::int8, p.ctid::text, 0::int8
from pg_parameter_acl p
"""


def revoke_rights(databases: Databases, name: str, right: Fields) -> None:
    """Take the rights to a setting from all who have them."""
    for grantee in {grantee for grantee, _, _ in right["rights"]}:
        databases.execute(f"revoke all on parameter {identifier(name)} from {whom(grantee)}")


def grant_rights(databases: Databases, name: str, right: Fields, now: Fields | None) -> None:
    """Give the rights to a setting to those who had them."""
    if now is not None:
        revoke_rights(databases, name, now)
    for grantee, privilege, grantable in right["rights"]:
        words = " with grant option" if grantable else ""
        databases.execute(
            f"grant {privilege} on parameter {identifier(name)} to {whom(grantee)}{words}"
        )


def whom(grantee: str) -> str:
    """Return a role as `grant` names it, where the empty name stands for all of them."""
    return identifier(grantee) if grantee else "public"


ORIGINS = """
select roname, jsonb_build_object('number', roident::int8)::text, xmin::text::int8,
       ctid::text, 0::int8
from pg_replication_origin
"""


def drop_origin(databases: Databases, name: str, origin: Fields) -> None:
    """Drop a replication origin."""
    databases.execute(f"select pg_replication_origin_drop({literal(name)})")


TABLESPACES = """
select spcname::text, jsonb_build_object('owner', spcowner::regrole::text, 'rights', spcacl::text,
       'options', spcoptions)::text, xmin::text::int8, ctid::text, oid::int8
from pg_tablespace
"""


def drop_tablespace(databases: Databases, name: str, tablespace: Fields) -> None:
    """Drop a tablespace, which is empty."""
    databases.execute(f"drop tablespace {identifier(name)}")


DATABASES = f"""
select datname::text, jsonb_build_object('owner', datdba::regrole::text, 'rights', datacl::text,
       'template', datistemplate, 'open', datallowconn, 'limit', datconnlimit)::text,
       xmin::text::int8, ctid::text, oid::int8
from pg_database where datname !~ '{OURS}'
"""


def drop_database(databases: Databases, name: str, database: Fields) -> None:
    """Drop a database."""
    databases.drop(name)


# Those of a session go with it.
SLOTS = """
select slot_name::text, jsonb_build_object('type', slot_type, 'plugin', plugin,
       'base', coalesce(datoid, 0)::int8)::text, 0::int8,
       '', 0::int8
from pg_replication_slots where not temporary
"""


def drop_slot(databases: Databases, name: str, slot: Fields) -> None:
    """Drop a replication slot, ending whoever is served by it."""
    drop_slots(databases.rows, databases.end, [name])


def drop_slots(
    rows: Callable[[str], list[Any]], end: Callable[[Iterable[int]], None], names: list[str]
) -> None:
    """Drop replication slots.

    Args:
        rows: Runs a query, in the database of those that have one.
        end: Ends the server's processes that serve a client.
        names: Their names.
    """
    chosen = f"where slot_name in ({', '.join(map(literal, names))})"
    query = f"select active_pid from pg_replication_slots {chosen} and active"
    end([pid for (pid,) in rows(query)])
    rows(f"select pg_drop_replication_slot(slot_name) from pg_replication_slots {chosen}")


KINDS = {
    "role": Kind("pg_authid", ROLES, drop_role, restore_role),
    "membership": Kind("pg_auth_members", MEMBERSHIPS, revoke_role, grant_role),
    "configuration of": Kind("pg_db_role_setting", CONFIGURATIONS, reset, configure),
    "comment on": Kind("pg_shdescription", COMMENTS, remove_comment, comment),
    "rights to the setting": Kind(
        "pg_parameter_acl", RIGHTS, revoke_rights, grant_rights, version=150000
    ),
    "replication origin": Kind("pg_replication_origin", ORIGINS, drop_origin),
    "tablespace": Kind("pg_tablespace", TABLESPACES, drop_tablespace),
    "database": Kind("pg_database", DATABASES, drop_database),
    "replication slot": Kind("", SLOTS, drop_slot),
}
