"""Where a schema comes from: a directory of SQL files, or a callable."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.data.statements import Statement, split
from harness.errors import ConfigurationError, MigrationError

Execute = Callable[[str], object]
NUMBER = re.compile(r"\d+")


def migration_files(directory: Path) -> list[Path]:
    """Return the SQL files of a directory in the order in which they run.

    Files are ordered by the number their name begins with, then by name. Where there are
    `NAME.up.sql` files only these are taken; `NAME.down.sql` files never are.

    Raises:
        ConfigurationError: There is no such directory, or no SQL file in it.
    """
    if not directory.is_dir():
        raise ConfigurationError(
            f"there is no migrations directory {directory}",
            cause="paths are relative to the directory of the settings file, "
            "else to the working directory",
            hint="correct `migrations=`, or run from the project's directory",
        )
    found = [path for path in directory.glob("*.sql") if not path.name.endswith(".down.sql")]
    ups = [path for path in found if path.name.endswith(".up.sql")]
    if not found:
        raise ConfigurationError(
            f"there is no .sql file in {directory}",
            hint="put migrations there as 001_name.sql or 001_name.up.sql",
        )
    return sorted(ups or found, key=migration_order)


def migration_order(path: Path) -> tuple[float, str]:
    """Sort `2_b.sql` before `10_a.sql`, and files without a number last.

    Example:
        >>> migration_order(Path("10_users.sql"))
        (10, '10_users.sql')
    """
    number = NUMBER.match(path.name)
    return (int(number.group()) if number else float("inf"), path.name)


def content_key(files: Iterable[Path], *parts: str) -> str:
    """Return a key of everything that a database is built from, as 16 hex digits.

    Args:
        files: Files whose names and contents count.
        parts: Whatever else counts.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    for part in parts:
        digest.update(f"\0{len(part)}\0{part}".encode())
    return digest.hexdigest()


def source_of(function: Callable[..., Any]) -> str:
    """Return what identifies a callable: its qualified name and its source, where it has one.

    What carries values of its own (a closure, a default, a partial, a bound method, an object) is
    equal to itself only: two of them can share a source and make different schemas.
    """
    name = f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"
    if carries_values(function):
        return f"{name}\n{os.getpid()} {id(function)}"
    try:
        return f"{name}\n{inspect.getsource(function)}"
    except (OSError, TypeError):
        return name


def carries_values(function: Callable[..., Any]) -> bool:
    """Tell whether what a callable does depends on more than its source."""
    if not inspect.isfunction(function):
        return True
    return bool(function.__closure__ or function.__defaults__ or function.__kwdefaults__)


def run_file(
    path: Path,
    execute: Execute,
    describe: Callable[[Exception], str],
    split: Callable[[str], list[Statement]] = split,
) -> None:
    """Run the statements of one file, each on its own.

    Args:
        path: The file.
        execute: Runs one statement.
        describe: Says what a failure of `execute` means: the server's message.
        split: Splits the file into statements.

    Raises:
        MigrationError: A statement failed; with file, line, statement and the server's message.
    """
    try:
        script = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise MigrationError(
            f"{path} cannot be read: {error}", hint="save it in UTF-8, and let us read it"
        ) from error
    for statement in split(script):
        try:
            execute(statement.text)
        except Exception as error:
            raise failed(path, statement, describe(error)) from error


def failed(path: Path, statement: Statement, said: str) -> MigrationError:
    """Return the error for a statement that failed."""
    copies = re.match(r"copy\b.*\bfrom\s+stdin", statement.text, re.IGNORECASE | re.DOTALL)
    meta = statement.text.startswith("\\")
    hint = "mend the statement and run the tests again; the unfinished database was removed"
    if copies or meta:
        hint = "psql's own commands and COPY FROM STDIN do not run here: write INSERT statements"
    return MigrationError(
        f"{path}, line {statement.line}: {said}",
        detail=shortened(statement.text),
        hint=hint,
    )


def shortened(text: str, lines: int = 12) -> str:
    """Return the first lines of a long statement."""
    rows = text.splitlines()
    return "\n".join(rows if len(rows) <= lines else [*rows[:lines], "..."])
