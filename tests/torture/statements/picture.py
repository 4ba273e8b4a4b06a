"""What a database is: every row of every catalog and table, and what the server knows beside.

This looks on its own, and at everything, each time; it shares nothing with what it judges.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

# Where things lie and how many they are guessed to be: a vacuum, an analysis and a copy differ. And
# whether a table "has (or recently had)" an index: no rollback takes that back, and a vacuum does;
# which indexes there are is told by a catalog of their own.
PHYSICAL = {
    "pg_class": "relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid "
    "relhasindex"
}
STATISTICS = ("pg_statistic", "pg_statistic_ext_data")
# Schemas of temporary objects stay, empty, from their first use on.
ONLY = {"pg_namespace": "where nspname !~ '^pg_(toast_)?temp_'"}
LONGEST = 300  # characters of a row that are shown
# A type that has no digest is read as one that has, and tells as many values apart.
CATALOGS = """
select c.relname, array_agg(quote_ident(a.attname) || case atttypid::regtype::text
                                 when 'regproc' then '::oid' when 'int2vector' then '::int2[]'
                                 when 'pg_node_tree' then '::text' when 'anyarray' then '::text'
                                 else '' end order by a.attnum)
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and not c.relisshared
  and not c.relname = any(%s) and has_table_privilege(c.oid, 'select')
group by 1 order by 1
"""
TABLES = """
select oid::regclass::text, case relkind when 'S' then 'last_value, is_called' else 't' end
from pg_class c where relkind in ('r', 'm', 'S') and relispopulated and relpersistence <> 't'
  and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
order by 1
"""
OUTSIDE = {
    "database": """
        select pg_get_userbyid(datdba), encoding, datcollate, datctype, datistemplate, datallowconn,
               datconnlimit, (select spcname from pg_tablespace s where s.oid = dattablespace),
               datacl::text, shobj_description(oid, 'pg_database')
        from pg_database where datname = current_database()""",
    "settings of the database": """
        select coalesce(setrole::regrole::text, ''), setconfig from pg_db_role_setting s
        join pg_database d on d.oid = s.setdatabase and d.datname = current_database()""",
    "subscriptions": """
        select s.subname from pg_subscription s
        join pg_database d on d.oid = s.subdbid and d.datname = current_database()""",
    "owners": """
        select classid, objid, objsubid, refclassid, refobjid, deptype from pg_shdepend s
        join pg_database d on d.oid = s.dbid and d.datname = current_database()
        where classid <> 'pg_namespace'::regclass or objid in (select oid from pg_namespace
                                                               where nspname !~ '^pg_temp')""",
    "prepared transactions": """
        select gid from pg_prepared_xacts where database = current_database()""",
    "advisory locks": """
        select classid, objid, objsubid from pg_locks l
        join pg_database d on d.oid = l.database and d.datname = current_database()
        where locktype = 'advisory'""",
}
# Of the whole server; the first column is a name by which a failure may speak of it.
WIDE = {
    "settings of roles": """
        select case setrole when 0 then 'all roles' else pg_get_userbyid(setrole) end, setconfig
        from pg_db_role_setting where setdatabase = 0""",
    "roles": "select * from pg_roles",
    "members": "select pg_get_userbyid(member), roleid, admin_option from pg_auth_members",
    "tablespaces": "select spcname, spcoptions, spcacl::text from pg_tablespace",
    "comments on what is shared": """
        select pg_get_userbyid(objoid), classoid, description from pg_shdescription
        where classoid <> 'pg_database'::regclass""",
    "other databases": "select datname from pg_database where datname !~ '^t_'",
    "slots": "select slot_name from pg_replication_slots",
    "origins": "select roname from pg_replication_origin where roname !~ '^pg_'",
}
FOR_SUPERUSERS = {
    "passwords": "select rolname, rolpassword, rolvaliduntil from pg_authid",
    "alter system": "select name, setting from pg_file_settings "
    "where sourcefile like '%.auto.conf'",
    "rights to settings": "select parname, paracl::text from pg_parameter_acl",
}


@dataclass(frozen=True)
class Part:
    """The rows of one catalog or table.

    Attributes:
        row: One of them, as an expression.
        source: Where they are.
        binary: Whether to digest what they hold, and not the text of it: cheaper by half, and as
            exact for the types of catalogs. Of a user's types, equal ones may have two texts.
    """

    row: str
    source: str
    binary: bool = False

    @property
    def rows(self) -> str:
        """The query for each row as text."""
        return f"select {self.row}::text from {self.source}"

    @property
    def sums(self) -> str:
        """The query for the number of rows and a digest of them, in any order."""
        digest = "hash_record_extended" if self.binary else "hashtextextended"
        value = self.row if self.binary else f"{self.row}::text"
        return f"select count(*), sum({digest}({value}, 0))::text from {self.source}"


LARGE = Part("row(oid, md5(lo_get(oid)))", "pg_largeobject_metadata")


class Painter:
    """Takes pictures of the clones of one template.

    Args:
        connection: To a database that nobody has written to.
        wide: Whether to look at what belongs to the whole server, too.
    """

    def __init__(self, connection: Any, *, wide: bool) -> None:
        catalogs = connection.execute(CATALOGS, [list(STATISTICS)]).fetchall()
        tables = connection.execute(TABLES).fetchall()
        self._catalogs = {name: catalog(name, columns) for name, columns in catalogs}
        self._tables = {name: table(name, columns) for name, columns in tables}
        self._tables["large objects"] = LARGE
        self._parts = {**self._catalogs, **self._tables}
        query = "select usesuper from pg_user where usename = current_user"
        [[superuser]] = connection.execute(query).fetchall()
        self.wide = {**WIDE, **(FOR_SUPERUSERS if superuser else {})} if wide else {}
        self._outside = {**OUTSIDE, **self.wide}
        self.before = self.paint(connection)
        self._rows = {name: rows(connection, part.rows) for name, part in self._parts.items()}

    def paint(self, connection: Any) -> dict[str, object]:
        """Return what the database is now, by subject."""
        return {
            **{name: rows(connection, query) for name, query in self._outside.items()},
            **sums(connection, self._catalogs),
            **sums(connection, self._tables),
        }

    def differences(self, connection: Any) -> list[str]:
        """Return what is not as it was, one line for each subject."""
        try:
            now = self.paint(connection)
        except Exception as error:  # a table is gone
            lines = [line for name in self._catalogs for line in self._changed(connection, name)]
            return [f"it cannot be looked at: {error}", *lines]
        return [
            line
            for name, state in now.items()
            if state != self.before[name]
            for line in self._changed(connection, name) or [self._told(name, state)]
        ]

    def _told(self, name: str, state: object) -> str:
        return f"{name}: {self.before[name]} -> {state}"

    def _changed(self, connection: Any, name: str) -> list[str]:
        """Return the rows of a part that are in one of two states only."""
        if name not in self._parts:
            return []
        now = Counter(rows(connection, self._parts[name].rows))
        before = Counter(self._rows[name])
        return [
            *(f"{name}: - {row}"[:LONGEST] for row in (before - now)),
            *(f"{name}: + {row}"[:LONGEST] for row in (now - before)),
        ]


def sums(connection: Any, parts: dict[str, Part]) -> dict[str, object]:
    """Return for each part what its `sums` are, by name."""
    queries = (f"select {literal(name)}, t.* from ({p.sums}) t" for name, p in parts.items())
    found = connection.execute(" union all ".join(queries)).fetchall()
    return {name: (count, digest) for name, count, digest in found}


def rows(connection: Any, query: str) -> list[str]:
    """Return the rows of a query as text, sorted."""
    return sorted(map(str, connection.execute(query).fetchall()))


def literal(text: str) -> str:
    """Quote a text."""
    return "'" + text.replace("'", "''") + "'"


def table(name: str, columns: str) -> Part:
    """Return the rows of a table, or where a sequence stands."""
    return Part(f"row({columns})", f"{'' if 'last_value' in columns else 'only '}{name} t")


def catalog(name: str, columns: list[str]) -> Part:
    """Return the rows of a catalog."""
    kept = ", ".join(each for each in columns if each not in PHYSICAL.get(name, "").split())
    return Part(f"row({kept})", f"pg_catalog.{name} {ONLY.get(name, '')}", binary=True)
