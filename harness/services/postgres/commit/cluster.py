"""What belongs to the whole server: roles, and the settings of `alter system`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.identity import process_name
from harness.errors import LeakError
from harness.services.postgres.commit import things
from harness.services.postgres.commit.inspector import APPLICATION_NAME
from harness.services.postgres.connect import driver, message
from harness.services.postgres.databases import Databases
from harness.services.postgres.names import identifier, literal

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

ROLES = """
select r.rolname, md5(concat_ws('|', r::text,
    (select string_agg(m.roleid || ' ' || m.admin_option, ',' order by m.roleid)
     from pg_auth_members m where m.member = r.oid),
    (select s.setconfig from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0)))
from pg_authid r where r.rolname not like 'pg\\_%'
"""
SETTINGS = """
select name, setting from pg_file_settings
where sourcefile like '%/postgresql.auto.conf' and error is null
"""
# Inspectors of other processes: our own databases carry the name of this one.
NEIGHBOURS = f"""
select 1 from pg_stat_activity
where application_name = '{APPLICATION_NAME}' and datname not like '%\\_{process_name()}\\_%'
"""


@dataclass
class Server:
    """The roles and settings of a server at one moment.

    Attributes:
        roles: What each role may do, as a digest, by its name.
        settings: What `alter system` has set, by name.
        things: What else there is.
    """

    roles: dict[str, str]
    settings: dict[str, str]
    things: things.Things

    @classmethod
    def look(cls, databases: Databases) -> Server:
        """Return what a server has now; only a superuser may ask."""
        return cls(
            roles=dict(databases.rows(ROLES)),
            settings=dict(databases.rows(SETTINGS)),
            things=things.look(databases),
        )


class ServerGuard:
    """Names what a test has changed on the whole server, and undoes what can be undone.

    Beside other processes nobody can tell whose change it is: then nothing is said or undone.

    Args:
        instance: The server, on which our role is a superuser.
    """

    def __init__(self, instance: PostgresInstance) -> None:
        self._instance = instance
        self._before = Server.look(instance.databases)

    def check(self) -> list[Exception]:
        """Return the failures of the test that was the last to run."""
        databases = self._instance.databases
        now = Server.look(databases)
        if now == self._before or databases.rows(NEIGHBOURS):
            return []
        others = things.undo(databases, self._before.things, now.things)
        changes = [*self._roles(now), *self._settings(now), *others]
        self._before = Server.look(databases)
        return [changed_server(changes)] if changes else []

    def _roles(self, now: Server) -> Iterator[str]:
        """Drop new roles; yield what was changed."""
        before = self._before.roles
        for name in sorted(now.roles.keys() - before.keys()):
            yield f"role {name} was created{self._undo_role(name)}"
        for name in sorted(before.keys() - now.roles.keys()):
            yield f"role {name} was dropped, and cannot be made again as it was"
        for name in sorted(before.keys() & now.roles.keys()):
            if before[name] != now.roles[name]:
                yield f"role {name} was altered, and cannot be put back"

    def _undo_role(self, name: str) -> str:
        """Drop a role; return what to say if that fails."""
        try:
            self._instance.databases.execute(f"drop owned by {identifier(name)}")
            self._instance.databases.execute(f"drop role {identifier(name)}")
        except driver().DatabaseError as error:
            return f", and cannot be dropped: {message(error)}"
        return "; it was dropped"

    def _settings(self, now: Server) -> Iterator[str]:
        """Set changed settings back; yield what was changed."""
        before, databases = self._before.settings, self._instance.databases
        changed = [
            name
            for name in sorted(before.keys() | now.settings.keys())
            if before.get(name) != now.settings.get(name)
        ]
        for name in changed:
            value = f"set {identifier(name)} = {literal(before[name])}" if name in before else ""
            databases.execute(f"alter system {value or f'reset {identifier(name)}'}")
            yield f"alter system has changed {name}; it was set back"
        if changed:
            databases.execute("select pg_reload_conf()")


def changed_server(changes: list[str]) -> LeakError:
    """Return the error for a test that changed what belongs to the whole server."""
    return LeakError(
        "the test changed what all databases of the server share",
        detail="\n".join(changes),
        cause="a role or a setting of the server does not go with the test's database",
        hint="drop or reset it in the test, with self.addCleanup(...); or declare "
        "Postgres(exclusive=True)",
    )
