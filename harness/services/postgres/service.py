"""PostgreSQL, as a test declares it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.instance import Running
from harness.core.nearest import did_you_mean
from harness.core.recipe import ContainerRecipe, Recipe, UrlRecipe
from harness.core.service import Service, Told
from harness.core.settings import Settings
from harness.errors import ServiceDefinitionError

if TYPE_CHECKING:
    from harness.data.migrations.source import Tool
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.lease import PostgresLease

PORT = 5432
DATA = "/var/lib/harness-data"  # in a container
ISOLATIONS = ("rollback", "commit", "readonly")
DRIVERS = ("pg8000",)
NOT_YET = {"proxied": False}

# A test may kill a server of its own: what was committed has to outlive the process.
DURABLE = (("synchronous_commit", "on"),)


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
        driver: The driver of the lease's `connection`: `pg8000`.
        proxied: Not in this version.
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
        if not (self.migrations is None or isinstance(self.migrations, str | os.PathLike)):
            check_source(self.migrations)
        super().__post_init__()
        if not isinstance(self.snapshot, str | os.PathLike | None):
            raise ServiceDefinitionError(
                f"Postgres(snapshot={self.snapshot!r}): not a path",
                hint='write snapshot="shop.dump", a file of `harness snapshot save`',
            )
        check_word("isolation", self.isolation, ISOLATIONS)
        check_word("driver", self.driver, DRIVERS)
        for option, default in NOT_YET.items():
            if getattr(self, option) != default:
                raise ServiceDefinitionError(
                    f"Postgres({option}={getattr(self, option)!r}): not in this version",
                    hint=f"leave {option} out",
                )
        check_tuple("seeds", self.seeds)
        check_tuple("extensions", self.extensions)
        check_pairs(self.settings)

    def instance_key(self) -> tuple[object, ...]:
        """Return what makes a server of its own: version, image, settings, needed extensions."""
        return (self.version, self.image, self.extensions, self.settings)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs PostgreSQL, or why it cannot."""
        recipes: dict[str, Callable[[], Recipe | str]] = {
            "external": self._url,
            "docker": self._container,
            "embedded": self._process,
        }
        return recipes[provider]()

    def _url(self) -> Recipe | str:
        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return UrlRecipe("DATABASE_URL", PORT, ("postgresql", "postgres"))

    def _process(self) -> Recipe | str:
        from harness.services.postgres.cluster import PostgresProcess

        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return PostgresProcess(self.version, self.extensions, self._server_settings)

    @property
    def _server_settings(self) -> tuple[tuple[str, str], ...]:
        return (*(DURABLE if self.exclusive else ()), *self.settings)

    def _container(self) -> Recipe | str:
        from harness.services.postgres.causes import CAUSES
        from harness.services.postgres.cluster import server_flags
        from harness.services.postgres.password import SUPERUSER, random_password

        password = random_password()
        # A directory of our own, not the image's volume; one that is restarted keeps its data.
        place = {} if self.exclusive else {"PGDATA": DATA}
        return ContainerRecipe(
            image=self.image or "postgres",
            version=self.version,
            port=PORT,
            environment={"POSTGRES_USER": SUPERUSER, "POSTGRES_PASSWORD": password, **place},
            scratch=tuple(place.values()),
            command=("postgres", *server_flags(dict(self._server_settings))),
            endpoint=Endpoint("", 0, user=SUPERUSER, password=password, database="postgres"),
            causes=CAUSES,
        )

    def preload(self) -> None:
        """Import the driver and what works with it."""
        from harness.services.postgres.connect import driver

        driver()
        import harness.services.postgres.instance
        import harness.services.postgres.virtual  # noqa: F401

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


def check_source(migrations: object) -> None:
    """Do nothing for what knows how to migrate a database: a tool, or what takes a lease.

    Raises:
        ServiceDefinitionError: It is neither a directory nor one of those.
    """
    has_source = callable(getattr(migrations, "source", None))
    if isinstance(migrations, type) if has_source else not callable(migrations):
        raise ServiceDefinitionError(
            f"Postgres(migrations={migrations!r}): neither a directory nor a tool nor a callable",
            hint='write migrations="migrations", Alembic("alembic.ini"), Command(["./migrate"]), '
            "or a function that takes a lease",
        )


def check_word(option: str, value: str, known: tuple[str, ...]) -> None:
    """Do nothing for a known word.

    Raises:
        ServiceDefinitionError: It is not one of them; with the nearest.
    """
    if value not in known:
        raise ServiceDefinitionError(
            f"Postgres({option}={value!r}): unknown {option}", hint=did_you_mean(str(value), known)
        )


def check_tuple(option: str, value: object) -> None:
    """Do nothing for a tuple.

    Raises:
        ServiceDefinitionError: It is one text or path, which was forgotten to put into one.
    """
    if isinstance(value, str | os.PathLike):
        raise ServiceDefinitionError(
            f"Postgres({option}={value!r}): the option is one {type(value).__name__}, "
            "not a tuple of them",
            hint=f"write {option}=({value!r},)",
        )


def check_pairs(settings: object) -> None:
    """Do nothing for a tuple of pairs of texts.

    Raises:
        ServiceDefinitionError: It is something else.
    """
    pairs = settings if isinstance(settings, tuple) else (settings,)
    for pair in pairs:
        if not isinstance(pair, tuple) or [type(part) for part in pair] != [str, str]:
            raise ServiceDefinitionError(
                f"Postgres(settings={settings!r}): {pair!r} is not a pair of texts",
                hint='write settings=(("work_mem", "64MB"),)',
            )
