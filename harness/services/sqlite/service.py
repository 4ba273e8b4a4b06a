"""SQLite, as a test declares it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

from harness.core.instance import Running
from harness.core.recipe import InProcessRecipe, Recipe
from harness.core.service import Service
from harness.core.settings import Settings
from harness.services import options
from harness.services.declared import ISOLATIONS, check_migrations, no_address

if TYPE_CHECKING:
    from harness.data.migrations.source import Tool
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.lease import SQLiteLease


@dataclass(frozen=True, repr=False)
class SQLite(Service["SQLiteLease"]):
    """An SQLite database, migrated, for each test as if it were new.

    It is a file in shared memory, and needs nothing but this Python.

    Args:
        migrations: A directory of `.sql` files (plain, golang-migrate's or goose's),
            `Alembic(...)`, `Command(...)`, or a callable that is given a lease on the new
            database; None for an empty database.
        seeds: Files to load after the migrations: `.sql`, `.csv` or `.jsonl`, also with `.gz`.
        isolation: What becomes of a test's writes: `rollback` (undone, seen by `connection`
            alone), `commit` (real, seen by everyone who has the path) or `readonly` (refused).
        foreign_keys: Whether the lease's connections enforce references, which SQLite itself
            leaves out unless each connection asks for it.
        name: Keeps two equal services apart.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class SignupTest(HarnessTestCase):
                db = SQLite(migrations="migrations")

                def test_a_new_user_is_stored(self):
                    sign_up(self.db.connection, "a@example.com")
                    self.assertEqual(1, self.db.count("users"))
    """

    kind: ClassVar[str] = "sqlite"
    records_statements: ClassVar[bool] = True

    migrations: str | os.PathLike[str] | Tool | Callable[[SQLiteLease], object] | None = None
    seeds: tuple[str | os.PathLike[str], ...] = ()
    isolation: str = "rollback"
    foreign_keys: bool = True
    name: str | None = None

    def __post_init__(self) -> None:
        check_migrations(self, self.migrations)
        super().__post_init__()
        options.check_word("SQLite", "isolation", self.isolation, ISOLATIONS)
        options.check_tuple("SQLite", "seeds", self.seeds)

    def instance_key(self) -> tuple[object, ...]:
        """Return nothing: one instance does for all."""
        return ()

    def address(self, template: str = "") -> NoReturn:
        """Refuse: a file of one test has no address before that test."""
        raise no_address(self)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how SQLite runs in this process, or why another provider cannot run it."""
        if provider != "embedded":
            return "it runs inside this process, which is the provider embedded"
        try:
            import sqlite3
        except ImportError as error:
            return f"this Python was built without sqlite3: {error}"
        return InProcessRecipe(f"SQLite {sqlite3.sqlite_version}, in this process", started)

    def preload(self) -> None:
        """Import what a lease will need."""
        import harness.services.sqlite.instance  # noqa: F401

    def probe(self, running: Running, timeout: float) -> None:
        """Do nothing: it answers as soon as it is there."""

    def open(self, provider: str, running: Running, settings: Settings) -> SQLiteInstance:
        """Return the instance."""
        from harness.services.sqlite.instance import SQLiteInstance

        return SQLiteInstance(provider, running, settings)


def started(settings: Settings) -> Running:
    """Return SQLite, which runs as soon as it is imported."""
    import sqlite3

    from harness.providers.unwatched import InProcess

    return InProcess(f"SQLite {sqlite3.sqlite_version}")
