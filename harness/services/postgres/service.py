"""PostgreSQL, as a test declares it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.extras import lacking
from harness.core.instance import Running
from harness.core.recipe import ContainerRecipe, Recipe, UrlRecipe
from harness.core.secrets import random_password
from harness.core.service import Service, Told
from harness.core.settings import Settings
from harness.errors import ServiceDefinitionError
from harness.services import options
from harness.services.declared import check_migrations

if TYPE_CHECKING:
    from harness.data.migrations.source import Tool
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.lease import PostgresLease

PORT = 5432
DATA = "/var/lib/harness-data"  # in a container
ISOLATIONS = ("rollback", "commit", "readonly")
DRIVERS = ("pg8000", "psycopg")


@dataclass(frozen=True, repr=False)
class Postgres(Service["PostgresLease"]):
    """A PostgreSQL database, migrated, for each test as if it were new.

    Args:
        migrations: A directory of `.sql` files (plain, golang-migrate's or goose's),
            `Alembic(...)`, `Command(...)`, or a callable that is given a lease on the new
            database; None for an empty database.
        seeds: Files to load after the migrations: `.sql`, `.csv` or `.jsonl`, also with `.gz`.
        snapshot: A file of `harness snapshot save`, whose rows are loaded after the migrations have
            made the schema; without migrations, its schema, too.
        isolation: What becomes of a test's writes: `rollback` (undone, seen by `connection`
            alone), `commit` (real, seen by everyone, on a database of the test's own) or
            `readonly` (refused by the server).
        version: What the server's version must begin with, such as `"16"`.
        image: Name of an entry in `images.json`; only Docker can run it.
        extensions: Extensions to create, such as `("pgcrypto",)`.
        settings: Server settings as (name, value), such as `(("work_mem", "64MB"),)`.
        driver: The driver of the lease's `connection`: `pg8000` or `psycopg` (version 3).
        proxied: Whether the code under test reaches it through a fault proxy: then the lease has
            `toxics`.
        exclusive: Whether each class gets a server of its own, to pause, kill and restart.
        name: Keeps two equal services apart.
        alias: Its name on the network that it shares with the other services of its class.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class SignupTest(HarnessTestCase):
                db = Postgres(migrations="migrations")

                def test_a_new_user_is_stored(self):
                    sign_up(self.db.connection, "a@example.com")
                    self.assertEqual(1, self.db.count("users"))
    """

    kind: ClassVar[str] = "postgres"
    records_statements: ClassVar[bool] = True

    migrations: str | os.PathLike[str] | Tool | Callable[[PostgresLease], object] | None = None
    seeds: tuple[str | os.PathLike[str], ...] = ()
    snapshot: str | os.PathLike[str] | None = None
    isolation: str = "rollback"
    version: str | None = None
    image: str | None = None
    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    driver: str = "pg8000"
    proxied: bool = False
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        check_migrations(self, self.migrations)
        super().__post_init__()
        if not isinstance(self.snapshot, str | os.PathLike | None):
            raise ServiceDefinitionError(
                f"Postgres(snapshot={self.snapshot!r}): not a path",
                hint='write snapshot="shop.dump", a file of `harness snapshot save`',
            )
        options.check_word("Postgres", "isolation", self.isolation, ISOLATIONS)
        options.check_word("Postgres", "driver", self.driver, DRIVERS)
        options.check_tuple("Postgres", "seeds", self.seeds)
        options.check_tuple("Postgres", "extensions", self.extensions)
        options.check_settings("Postgres", self.settings, ("work_mem", "64MB"))

    def instance_key(self) -> tuple[object, ...]:
        """Return what makes a server of its own: version, image, settings, needed extensions."""
        return (self.version, self.image, self.extensions, self.settings)

    def beside(self) -> tuple[Service[Any], ...]:
        """Return the fault proxy, if it is reached through one."""
        return options.fault_proxy(self.proxied)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs PostgreSQL, or why it cannot."""
        return options.recipe_on(
            provider, external=self._url, docker=self._container, embedded=self._process
        )

    def _url(self) -> Recipe | str:
        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return UrlRecipe("DATABASE_URL", PORT, ("postgresql", "postgres"))

    def _process(self) -> Recipe | str:
        from harness.services.postgres.cluster import PostgresProcess

        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return PostgresProcess(self.version, self.extensions, self.settings)

    def _container(self) -> Recipe | str:
        from harness.services.postgres.causes import CAUSES
        from harness.services.postgres.cluster import server_flags
        from harness.services.postgres.password import SUPERUSER

        password = random_password()
        # A directory of our own, not the image's volume; one that is restarted keeps its data.
        place = {} if self.exclusive else {"PGDATA": DATA}
        return ContainerRecipe(
            image=self.image or "postgres",
            version=self.version,
            port=PORT,
            environment={"POSTGRES_USER": SUPERUSER, "POSTGRES_PASSWORD": password, **place},
            scratch=tuple(place.values()),
            command=("postgres", *server_flags(dict(self.settings))),
            endpoint=Endpoint("", 0, user=SUPERUSER, password=password, database="postgres"),
            causes=CAUSES,
        )

    def lacks(self) -> str | None:
        """Return which of the drivers is not installed, if one is not."""
        others = () if self.driver == "pg8000" else (self.driver,)
        return lacking("postgres", "pg8000", "platformdirs") or lacking("psycopg", *others)

    def preload(self) -> None:
        """Import the driver and what works with it."""
        from harness.services.postgres import drivers

        drivers.named("pg8000")  # the harness's own, whatever the lease's
        drivers.named(self.driver)

    def probe(self, running: Running, timeout: float) -> None:
        """Return when the server answers.

        Raises:
            StartError: Its host is unknown.
            OSError: It does not answer yet.
        """
        from harness.services.postgres.greeting import greet

        greet(running.endpoint, timeout)

    def identify(self, running: Running, settings: Settings) -> str:
        """Ask a server for its version, and check the rights that tests need there."""
        from harness.services.postgres import rights
        from harness.services.postgres.databases import Databases

        databases = Databases(running.endpoint, settings, fast=False)
        try:
            rights.check(databases, self)
            return f"PostgreSQL {databases.rows('show server_version')[0][0]}"
        finally:
            databases.close()

    def remove_orphans(
        self, running: Running, settings: Settings, told: Told, *, dry: bool = False
    ) -> None:
        """Drop the databases of killed processes that carry our mark."""
        from harness.services.postgres.ownership import sweep

        sweep(running.endpoint, settings, told, dry=dry)

    def open(self, provider: str, running: Running, settings: Settings) -> PostgresInstance:
        """Return the instance, now that the server answers."""
        from harness.services.postgres.instance import PostgresInstance

        return PostgresInstance(provider, running, settings, self)
