"""A template: a database that holds the migrated and seeded state, and that nobody can change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.data.migrations.keys import content_key
from harness.errors import MigrationError
from harness.services.postgres import marks
from harness.services.postgres.constraints import Constraints
from harness.services.postgres.content import Content
from harness.services.postgres.databases import Databases
from harness.services.postgres.marks import lock_number
from harness.services.postgres.names import literal

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

FORM = "1"  # raise it when the same content comes to make another database

# Who builds it, and what has the same scripts make another database there.
SURROUNDINGS = """
select current_user, current_database(), current_setting('server_version_num'),
    current_setting('search_path'), current_setting('DateStyle'), current_setting('IntervalStyle'),
    current_setting('TimeZone'), current_setting('default_tablespace'),
    current_setting('standard_conforming_strings'), current_setting('default_table_access_method')
"""


class Template:
    """The migrated and seeded state of one service.

    Args:
        instance: The server it is built on.
        service: What it is built from.

    Attributes:
        key: Key of all that it is built from, on what server.
        name: Its name on the server.
        lock: Number of the lock that its users share.
        lasting: Whether the key tells all that its content depends on, also for the next run.
        constraints: Those that can be checked at commit.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres) -> None:
        self.service = service
        self.constraints = Constraints()
        self._instance = instance
        self._content = Content(instance, service)
        self.lasting = self._content.lasting
        self.key = content_key([], self._content.key, *surroundings(instance.databases, service))
        self.name = instance.databases.names.template(self.key)
        self.lock = lock_number(self.name)

    @property
    def facts(self) -> dict[str, Any]:
        """What those who did not build it must know."""
        return asdict(self.constraints)

    def learn(self, facts: dict[str, Any]) -> bool:
        """Take what is written of it; tell whether that is complete."""
        try:
            self.constraints = Constraints(**facts)
        except TypeError:
            return False
        return True

    def fill(self) -> None:
        """Fill its database, which is empty.

        Raises:
            MigrationError: A migration or a seed file failed, or was changed meanwhile.
        """
        self._instance.configure(self.name, self.service)
        if not self._content:
            return
        self.constraints = self._content.fill(self.name)
        if Content(self._instance, self.service).key != self._content.key:
            raise MigrationError(
                "a migration or a seed file was changed while the template was built from it",
                hint="run the tests again; the unfinished database was removed",
            )


def surroundings(databases: Databases, service: Postgres) -> list[str]:
    """Return what, beside the content, makes a template another one."""
    settings = [f"{name}={value}" for name, value in service.settings]
    versions = extension_versions(databases, service.extensions)
    facts = ",".join(asdict(Constraints()))  # what a version writes of one, it must be able to read
    return [
        f"{FORM} {marks.FORM} {facts}",
        *map(str, databases.rows(SURROUNDINGS)[0]),
        *versions,
        *settings,
    ]


def extension_versions(databases: Databases, names: Sequence[str]) -> list[str]:
    """Return which versions of extensions the server would create."""
    if not names:
        return []
    rows = databases.rows(
        "select name || ' ' || coalesce(default_version, '') from pg_available_extensions "
        f"where name in ({', '.join(map(literal, names))}) order by 1"
    )
    return [row[0] for row in rows]
