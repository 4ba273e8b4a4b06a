"""Migrations that Alembic applies."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.adapters.alembic_run import OWN, Revisions
from harness.core.declaration import declaration
from harness.data.migrations.keys import watched
from harness.data.migrations.source import Resolve, Run, Step
from harness.data.target import Target
from harness.errors import ConfigurationError, ServiceDefinitionError

SEPARATORS = re.compile(r"[\s,;:]+")
DRIVER = re.compile(r"(postgres|sqlite)(?:ql)?\+(\w+):")
REVISION = re.compile(r"""^revision(?:\s*:\s*\w+)?\s*=\s*["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True, repr=False)
class Alembic:
    """Migrations that Alembic applies, in this process, to the database of a service.

    `env.py` gets the database's URL as `sqlalchemy.url` of its `config`, and an open connection as
    `config.attributes["connection"]`. One that connects anywhere else is stopped before it does.

    Args:
        config: The path of `alembic.ini`.
        target: The revision to go to.
        section: The section of the file.
        driver: SQLAlchemy's driver for the URL, such as `psycopg`; by itself the one that
            `sqlalchemy.url` in the file names, else `pg8000`. SQLite's are `pysqlite`, by itself,
            and `aiosqlite`; others are left out there.
        variable: An environment variable that `env.py` reads the URL from; it is set while it runs.
        watch: More files and directories that the migrations read. The file, the directory with
            `env.py` and those with the revisions are watched anyway.

    Raises:
        ServiceDefinitionError: `watch` is one path.

    Example:
        ::

            db = Postgres(migrations=Alembic("alembic.ini"))
    """

    config: str | os.PathLike[str]
    target: str = "head"
    section: str = "alembic"
    driver: str | None = None
    variable: str | None = None
    watch: Sequence[str | os.PathLike[str]] = ()

    def __post_init__(self) -> None:
        if isinstance(self.watch, str | os.PathLike):
            raise ServiceDefinitionError(
                f"Alembic(watch={self.watch!r}): not a list", hint=f"write watch=[{self.watch!r}]"
            )
        object.__setattr__(self, "watch", tuple(self.watch))

    def __repr__(self) -> str:
        return declaration(self)

    def source(self, resolve: Resolve) -> AlembicSource:
        """Return the source.

        Raises:
            ConfigurationError: The file, or what it names, is not there.
        """
        return AlembicSource(self, Ini(resolve(self.config), self.section), resolve)


class Ini:
    """What Alembic's file says; relative paths in it are relative to its own directory.

    Args:
        path: The file.
        section: The section of it.

    Attributes:
        scripts: The directory with `env.py`.
        versions: Those with the revisions.
        imports: Those that `env.py` imports from.
        drivers: The driver that `sqlalchemy.url` names, if any, by what its SQL is.

    Raises:
        ConfigurationError: It is not there, or does not say where the revisions are.
    """

    def __init__(self, path: Path, section: str = "alembic") -> None:
        self.path = path
        self.section = section
        self._parser = configparser.ConfigParser({"here": path.parent.as_posix()})
        self._read()
        location = self._get("script_location")
        if not location:
            raise self._wrong(f"{path} has no script_location in [{section}]")
        self.scripts = self._place(location)
        if not (self.scripts / "env.py").is_file():
            raise self._wrong(f"there is no env.py in {self.scripts}, which {path} names")
        self.versions = self._places("version_locations") or [self.scripts / "versions"]
        self.imports = self._places("prepend_sys_path")
        match = DRIVER.match(self._parser.get(section, "sqlalchemy.url", raw=True, fallback=""))
        self.drivers = {match[1]: match[2]} if match else {}

    def _read(self) -> None:
        if not self.path.is_file():
            raise self._wrong(f"there is no file {self.path}")
        try:
            self._parser.read(self.path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise self._wrong(f"{self.path} cannot be read: {error}") from error

    def _get(self, option: str) -> str:
        try:
            return self._parser.get(self.section, option, fallback="").strip()
        except configparser.Error as error:
            raise self._wrong(f"{self.path}: {error}") from error

    def _places(self, option: str) -> list[Path]:
        return [self._place(part) for part in SEPARATORS.split(self._get(option)) if part]

    def _place(self, location: str) -> Path:
        """Return the directory that a path, or `package:directory`, means."""
        package, colon, rest = location.partition(":")
        found = importlib.util.find_spec(package) if colon and package else None
        if found is not None and found.submodule_search_locations:
            return Path(found.submodule_search_locations[0], rest)
        return (self.path.parent / location).resolve()

    def _wrong(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            what,
            cause="paths in it are relative to its own directory, its own to that of the settings "
            "file; options in pyproject.toml are not read",
            hint='correct `Alembic("alembic.ini")` or the file',
        )


class AlembicSource:
    """The revisions of one `alembic.ini`.

    Args:
        declared: What the service says.
        ini: The file.
        resolve: Returns absolute paths.
    """

    def __init__(self, declared: Alembic, ini: Ini, resolve: Resolve) -> None:
        self._declared = declared
        self._watched = watched(
            [ini.path, ini.scripts, *ini.versions, *map(resolve, declared.watch)]
        )
        check_revisions(ini.versions)
        drivers = {
            dialect: declared.driver or ini.drivers.get(dialect, driver)
            for dialect, driver in OWN.items()
        }
        self._revisions = Revisions(ini, drivers, declared.variable)

    def files(self) -> list[Path]:
        """Return what is watched."""
        return list(dict.fromkeys(self._watched))

    def parts(self) -> list[str]:
        """Return what else was declared."""
        return [self._declared.target, self._declared.section]

    def prepare(self, target: Target) -> None:
        """Make the table in which Alembic keeps the revision."""
        self._revisions.run(target, "ensure_version")

    def up(self, target: Target) -> None:
        """Go to the target.

        Raises:
            MigrationError: A revision failed, or Alembic refused.
            MissingExtraError: Alembic is not installed.
        """
        self._revisions.run(target, "upgrade", self._declared.target)

    def steps(self) -> list[Step]:
        """Return the revisions one by one, the first one first."""
        return [
            Step(revision, name, self._run("upgrade", revision), self._run("downgrade", parent))
            for revision, name, parent in self._revisions.in_order()
        ]

    def _run(self, command: str, revision: str) -> Run:
        return lambda target: self._revisions.run(target, command, revision)


def check_revisions(directories: list[Path]) -> None:
    """Do nothing where every revision is there once: Alembic takes one of two, and only warns.

    Raises:
        ConfigurationError: Two files have the same revision; names both.
    """
    seen: dict[str, Path] = {}
    for path in [path for place in directories for path in sorted(place.glob("*.py"))]:
        match = REVISION.search(path.read_text(encoding="utf-8", errors="replace"))
        if match and match[1] in seen:
            raise ConfigurationError(
                f"two migrations have the revision {match[1]}: {seen[match[1]]} and {path}",
                cause="one was made as a copy of the other",
                hint=f"give {path.name} a revision of its own, which `alembic revision` draws",
            )
        if match:
            seen[match[1]] = path
