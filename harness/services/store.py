"""A database on Postgres or SQLite, as a setting says."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from harness.core.service import Service
from harness.core.settings import Settings
from harness.core.settings_values import STORES
from harness.errors import ConfigurationError, ServiceDefinitionError
from harness.services import options
from harness.services.database import DatabaseLease
from harness.services.declared import ISOLATIONS, check_migrations, no_address
from harness.services.postgres.service import Postgres
from harness.services.sqlite.service import SQLite

if TYPE_CHECKING:
    from harness.data.migrations.source import Tool

PARTS: dict[str, type[Service[Any]]] = {"postgres": Postgres, "sqlite": SQLite}


@dataclass(frozen=True, repr=False)
class Store(Service[DatabaseLease]):
    """A database that is Postgres or SQLite by the setting `store` (`HARNESS_STORE`).

    Its lease is what both have in common. A test that needs one of them says so with
    `self.requireCapability(self.db, "postgres")`.

    Args:
        migrations: A directory of `.sql` files, `Alembic(...)`, `Command(...)`, or a callable that
            is given a lease, whose `dialect` tells which database it is; None for an empty
            database. Where there is a folder `postgres` or `sqlite` in the directory, the files
            are those in the folder.
        seeds: Files to load after the migrations: `.sql`, `.csv` or `.jsonl`, also with `.gz`. A
            file of the same name in a folder `postgres` or `sqlite` beside it goes before.
        isolation: What becomes of a test's writes: `rollback`, `commit` or `readonly`.
        name: Keeps two equal services apart.
        postgres: Options for Postgres alone, such as `Postgres(extensions=("pgcrypto",))`; its own
            migrations and seeds go before these here.
        sqlite: Options for SQLite alone, in the same way.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class SignupTest(HarnessTestCase):
                db = Store(migrations="migrations")

                def test_a_new_user_is_stored(self):
                    sign_up(self.db.connection, "a@example.com")
                    self.assertEqual(1, self.db.count("users"))
    """

    kind: ClassVar[str] = "store"
    records_statements: ClassVar[bool] = True

    migrations: str | os.PathLike[str] | Tool | Callable[[DatabaseLease], object] | None = None
    seeds: tuple[str | os.PathLike[str], ...] = ()
    isolation: str = "rollback"
    name: str | None = None
    postgres: Postgres | None = None
    sqlite: SQLite | None = None

    def __post_init__(self) -> None:
        check_migrations(self, self.migrations)
        super().__post_init__()
        options.check_word("Store", "isolation", self.isolation, ISOLATIONS)
        options.check_tuple("Store", "seeds", self.seeds)
        for name, kind in PARTS.items():
            check_part(name, self._part(name), kind)

    def _part(self, name: str) -> Any:
        """Return an option that is a service, which as an attribute would stand for a lease."""
        return vars(self)[name]

    def meant(self, settings: Settings) -> Service[Any]:
        """Return the service that the setting `store` chooses.

        Raises:
            ConfigurationError: There are migrations for the other one only.
        """
        part: Any = self._part(settings.store) or PARTS[settings.store]()
        shared: dict[str, Callable[[], object]] = {
            "migrations": lambda: self._migrations(settings),
            "seeds": lambda: tuple(seed_for(settings, path) for path in self.seeds),
            "name": lambda: self.name,
        }
        given = {name: value() for name, value in shared.items() if is_default(part, name)}
        meant: Service[Any] = dataclasses.replace(part, isolation=self.isolation, **given)
        return meant

    def beside(self) -> tuple[Service[Any], ...]:
        """Return what runs beside Postgres, in case that is meant."""
        part: Service[Any] | None = self._part("postgres")
        return () if part is None else part.beside()

    def _migrations(self, settings: Settings) -> object:
        source = self.migrations
        if source is None or not isinstance(source, str | os.PathLike):
            return source
        return migrations_for(settings, source)

    def address(self, template: str = "") -> NoReturn:
        """Refuse: what a setting chooses may be a file, which has no address."""
        raise no_address(self)


def check_part(name: str, part: object, kind: type[Service[Any]]) -> None:
    """Do nothing for the options of one database.

    Raises:
        ServiceDefinitionError: They are something else, or say what `Store` says for both.
    """
    if part is None:
        return
    if not isinstance(part, kind):
        raise ServiceDefinitionError(
            f"Store({name}={part!r}): not a {kind.__name__}",
            hint=f"write {name}={kind.__name__}(...), with the options of that database alone",
        )
    if not is_default(part, "isolation") or part.alias is not None:
        raise ServiceDefinitionError(
            f"Store({name}={part!r}): isolation and alias are not for one database alone",
            hint="write Store(isolation=...), and leave alias out",
        )


def is_default(part: Service[Any], option: str) -> bool:
    """Tell whether an option was left as it is by default."""
    defaults = {field.name: field.default for field in dataclasses.fields(part)}  # type: ignore[arg-type]
    return bool(getattr(part, option) == defaults[option])


def migrations_for(settings: Settings, source: str | os.PathLike[str]) -> Path:
    """Return the directory whose files are for one database: its folder in it, where there is one.

    Raises:
        ConfigurationError: There are folders, and none for this one.
    """
    store, directory = settings.store, settings.resolve(source)
    folders = [name for name in STORES if (directory / name).is_dir()]
    if folders and store not in folders:
        raise ConfigurationError(
            f"there are no migrations for {store} in {directory}",
            cause=f"it has a folder {folders[0]}, and no folder {store}",
            hint=f"write them into {directory / store}, or run with HARNESS_STORE={folders[0]}",
        )
    return directory / store if folders else directory


def seed_for(settings: Settings, path: str | os.PathLike[str]) -> Path:
    """Return a seed file: the one of its name in the database's folder beside it, if there is."""
    file = settings.resolve(path)
    special = file.parent / settings.store / file.name
    return special if special.is_file() else file
