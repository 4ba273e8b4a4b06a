"""Migrations that are a directory of SQL files, in the forms of three tools."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from harness.data.migrations.goose import is_goose, read_goose
from harness.data.migrations.source import Run, Step
from harness.data.scripts import Script, Split, file_script, run
from harness.data.statements import split
from harness.data.target import Target
from harness.errors import ConfigurationError

NUMBER = re.compile(r"\d+(?:[.-]\d+)*")  # 001, 20240131, 2024-01-31
SMALL = 4096  # bytes: no larger file is made of white space alone
UP, DOWN = ".up.sql", ".down.sql"


class SqlDirectory:
    """The `.sql` files of a directory, in the order of the numbers that their names begin with.

    - plain: `001_users.sql`; a file `001_users.down.sql`, if there is one, takes it back.
    - golang-migrate's: `001_users.up.sql` and `001_users.down.sql`.
    - goose's: `001_users.sql` with `-- +goose Up` and `-- +goose Down` in it.

    Args:
        directory: Where they are.
        dialect: Splits a text into statements; PostgreSQL's by itself.

    Raises:
        ConfigurationError: There is no such directory or no SQL file in it, two files have the same
            number, or the forms are mixed.
    """

    def __init__(self, directory: Path, dialect: Split | None = None) -> None:
        files = migration_files(directory)
        goose = goose_files(files, directory)
        self._read = goose_scripts if goose else file_scripts
        self._ups = goose or files
        self._dialect = dialect

    def files(self) -> list[Path]:
        """Return the files that are applied; how they are taken back makes no database."""
        return self._ups

    def parts(self) -> list[str]:
        """Return nothing: the files are all."""
        return []

    def prepare(self, target: Target) -> None:
        """Do nothing: no account is kept."""

    def up(self, target: Target) -> None:
        """Apply all of them.

        Raises:
            MigrationError: A statement failed.
        """
        for script in self.scripts():
            run(script, target)

    def scripts(self) -> list[Script]:
        """Return the ways forward.

        Raises:
            MigrationError: An annotation of goose's is wrong.
        """
        return [self._read(path, self._dialect)[0] for path in self._ups]

    def steps(self) -> list[Step]:
        """Return the files one by one.

        Raises:
            MigrationError: An annotation of goose's is wrong.
        """
        return [self._step(path) for path in self._ups]

    def _step(self, path: Path) -> Step:
        number = NUMBER.match(path.name)
        up, down = self._read(path, self._dialect)
        return Step(number.group() if number else path.name, path.name, running(up), down)


def goose_scripts(path: Path, dialect: Split | None) -> tuple[Script, Run | None]:
    """Return how a file in goose's form is applied and taken back."""
    file = read_goose(path, dialect or split)
    up, down = file.script("Up"), file.script("Down")
    assert up is not None  # or reading it had failed
    return up, running(down) if down is not None else None


def file_scripts(path: Path, dialect: Split | None) -> tuple[Script, Run | None]:
    """Return how a file is applied, and how the one beside it takes it back."""
    down = path.with_name(path.name.removesuffix(UP).removesuffix(".sql") + DOWN)
    way_back = running(file_script(down, dialect)) if down.is_file() else None
    return file_script(path, dialect), way_back


def running(script: Script) -> Run:
    """Return what runs a script on a database."""
    return partial(run, script)


def migration_files(directory: Path) -> list[Path]:
    """Return the SQL files of a directory in the order in which they run.

    Files are ordered by the number their name begins with, then by name. Where there are
    `NAME.up.sql` files only these are taken; `NAME.down.sql` files never are.

    Raises:
        ConfigurationError: There is no such directory, no SQL file in it, one that is empty or
            belongs to another form, or two of the same number.
    """
    if not directory.is_dir():
        raise ConfigurationError(
            f"there is no migrations directory {directory}",
            cause="paths are relative to the directory of the settings file, "
            "else to the working directory",
            hint="correct `migrations=`, or run from the project's directory",
        )
    found = sorted(directory.glob("*.sql"), key=migration_order)
    taken = [path for path in found if not path.name.endswith(DOWN)]
    ups = [path for path in taken if path.name.endswith(UP)]
    if not taken:
        raise ConfigurationError(
            f"there is no .sql file in {directory}",
            hint="put migrations there as 001_name.sql or 001_name.up.sql",
        )
    if ups:
        check_unmixed(directory, ups, [path for path in taken if path not in ups], UP)
    check_numbers(ups or taken)
    check_filled(ups or taken)
    return ups or taken


def goose_files(files: list[Path], directory: Path) -> list[Path]:
    """Return those of the files that are in goose's form; those without a number may be in none.

    Raises:
        ConfigurationError: One is in another form.
    """
    goose = [path for path in files if is_goose(path)]
    if goose:
        others = [path for path in files if path not in goose or path.name.endswith(UP)]
        check_unmixed(directory, goose, others, "-- +goose Up")
    return goose


def check_unmixed(directory: Path, ours: list[Path], others: list[Path], mark: str) -> None:
    """Do nothing where all files are in one form; those without a number are no migrations.

    Raises:
        ConfigurationError: They are not: some would be left out, or run both ways.
    """
    numbered = [path for path in others if NUMBER.match(path.name)]
    if numbered:
        raise ConfigurationError(
            f"{directory} mixes forms of migrations: {ours[0].name} has {mark}, "
            f"{numbered[0].name} is in another form",
            cause="files of two tools, or one that was forgotten when the form was changed",
            hint=f"write all in one form, or move {numbered[0].name} elsewhere",
        )


def check_numbers(files: Iterable[Path]) -> None:
    """Do nothing where every number is there once.

    Raises:
        ConfigurationError: Two files have the same number; names both.
    """
    seen: dict[tuple[int, ...], Path] = {}
    for path in files:
        number = number_of(path)
        if number and number in seen:
            raise ConfigurationError(
                f"two migrations have the number {NUMBER.match(path.name)[0]}: "  # type: ignore[index]
                f"{seen[number].name} and {path.name}, in {path.parent}",
                cause="two branches took the same one",
                hint=f"give {path.name} the next free number",
            )
        seen[number] = path


def check_filled(files: Iterable[Path]) -> None:
    """Do nothing where no file is empty.

    Raises:
        ConfigurationError: One has nothing in it, not even a comment.
    """
    for path in files:
        if path.stat().st_size < SMALL and not path.read_bytes().strip():
            raise ConfigurationError(
                f"the migration {path} is empty",
                cause="it was not saved, or was lost in a merge",
                hint="write its statements, or a comment that says why it has none",
            )


def number_of(path: Path) -> tuple[int, ...]:
    """Return the number that a file's name begins with, or an empty one.

    Example:
        >>> number_of(Path("010_users.sql")), number_of(Path("2024-01-31_users.sql"))
        ((10,), (2024, 1, 31))
    """
    match = NUMBER.match(path.name)
    return tuple(map(int, re.split(r"[.-]", match.group()))) if match else ()


def migration_order(path: Path) -> tuple[bool, tuple[int, ...], str]:
    """Sort `2_b.sql` before `10_a.sql`, and files without a number last.

    Example:
        >>> migration_order(Path("10_users.sql"))
        (False, (10,), '10_users.sql')
    """
    number = number_of(path)
    return (not number, number, path.name)
