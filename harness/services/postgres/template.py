"""A template: a database that holds the migrated and seeded state, and that nobody can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.services.postgres.constraints import Constraints
from harness.services.postgres.content import Content

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres


class Template:
    """The migrated and seeded state of one service.

    Args:
        instance: The server it is built on.
        service: What it is built from.

    Attributes:
        key: Key of all the content it is built from.
        name: Its name on the server.
        constraints: Those that can be checked at commit.
    """

    def __init__(self, instance: PostgresInstance, service: Postgres) -> None:
        self.service = service
        self.constraints = Constraints()
        self._instance = instance
        self._content = Content(instance, service)
        self.key = self._content.key
        self.name = instance.databases.new_name(self.key)

    def build(self) -> None:
        """Make the database, fill it and seal it; whole or not at all.

        Raises:
            MigrationError: A migration or a seed file failed.
        """
        databases = self._instance.databases
        self._instance.made(self.name, lambda: databases.create(self.name))
        try:
            self._instance.configure(self.name, self.service)
            if self._content:
                self.constraints = self._content.fill(self.name)
            databases.seal(self.name)
        except BaseException:
            self._instance.drop(self.name)
            raise
