"""Seed files: SQL, CSV and JSON lines, loaded with COPY and never held as a whole."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

from harness.core.nearest import nearest
from harness.data.files import decoded, opened
from harness.data.jsonl import Batch, Rows, copy_text, encoders
from harness.data.progress import Progress
from harness.data.scripts import REMOVED, file_script, run
from harness.data.tables import Table, advance_sequences, find_table
from harness.data.target import Target
from harness.errors import MigrationError, ServiceDefinitionError

BLOCK = 1 << 18  # bytes that are read at once
FOREIGN_KEY_VIOLATION = "23503"
NO_ROW = "name the file of the table that is referred to first, or add the row to it"
Load = Callable[[Path, Target], None]


def check_seeds(paths: Iterable[Path]) -> None:
    """Do nothing for files that can be loaded.

    Raises:
        ServiceDefinitionError: One is not there, or of another kind.
    """
    for path in paths:
        if kind_of(path) not in LOADERS:
            raise ServiceDefinitionError(
                f"the seed file {path} is of no kind that can be loaded",
                hint=f"name one that ends with {', '.join(LOADERS)}, or with .gz after that",
            )
        if not path.is_file():
            raise ServiceDefinitionError(
                f"the seed file {path} is not there",
                cause="paths are relative to the directory of the settings file, "
                "else to the working directory",
                hint=f"correct `seeds=`{neighbour(path)}",
            )


def neighbour(path: Path) -> str:
    """Say which file beside a missing one is probably meant."""
    near = nearest(path.name, [other.name for other in path.parent.glob("*")])
    return f"; did you mean {near}?" if near else ""


def kind_of(path: Path) -> str:
    """Return what a file's name says that it is.

    Example:
        >>> kind_of(Path("02_users.csv.gz"))
        '.csv'
    """
    return Path(path.name.removesuffix(".gz")).suffix


def load(path: Path, target: Target) -> None:
    """Load a seed file into the table that it is named after; run it, if it is SQL.

    Raises:
        MigrationError: It does not fit the table; with file and line.
    """
    LOADERS[kind_of(path)](path, target)


def load_sql(path: Path, target: Target) -> None:
    """Run a script, as a migration is run."""
    run(file_script(path), target)


def load_rows(path: Path, target: Target, copies: Callable[..., Iterator[Copy]]) -> None:
    """Load a file of rows in one transaction, and have its keys' sequences go on after it."""
    table = find_table(path, target)
    with opened(path) as (file, progress):
        target.execute("begin")
        for copy in copies(path, file, table, progress):
            copy.run(target)
        check(path, target, partial(target.execute, "commit"))
        progress.finish()
    advance_sequences(table, target)


class Copy:
    """Rows of a file with the same columns.

    Args:
        path: The file.
        sql: The statement that reads them.
        data: Their text.
        line: The line of the file that they begin in.
    """

    def __init__(self, path: Path, sql: str, data: Iterable[bytes], line: int) -> None:
        self._path, self._sql, self._data, self._line = path, sql, data, line

    def run(self, target: Target) -> None:
        """Copy them.

        Raises:
            MigrationError: The server refuses one; with its line.
        """
        check(self._path, target, partial(target.execute, self._sql, self._data), self._line)


def check(path: Path, target: Target, act: Callable[[], Any], line: int = 0) -> None:
    """Act, and say in an error of the server where in the file it is.

    Raises:
        MigrationError: The server refuses.
    """
    try:
        act()
    except MigrationError:
        raise  # the file could not be read
    except Exception as error:
        refusal = target.refusal(error)
        where = f", line {line + refusal.line - 1}" if refusal.line else ""
        where += f", column {refusal.column}" if refusal.column else ""
        hint = f"correct the file and run the tests again; {REMOVED}"
        if refusal.code == FOREIGN_KEY_VIOLATION:
            hint = NO_ROW
        raise MigrationError(f"{path}{where}: {refusal.said}", hint=hint) from error


def csv_copies(
    path: Path, file: BufferedReader, table: Table, progress: Progress
) -> Iterator[Copy]:
    """Yield the rows of a CSV file, which the server reads as they are."""
    header = Header(path, file)
    table.check(header.columns, path, 1)
    sql = table.copy(header.columns, " with (format csv)")
    yield Copy(path, sql, blocks(file, progress), header.lines + 1)


class Header:
    """The first row of a CSV file, which names the columns.

    Args:
        path: The file.
        file: The same, opened; it is read up to the end of the row.

    Attributes:
        columns: The names.
        lines: How many lines the row has.

    Raises:
        MigrationError: There is none.
    """

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self.lines = 0
        self._path, self._file = path, file
        self.columns = next(csv.reader(self._read()), [])
        if not self.columns:
            raise MigrationError(
                f"{path}, line 1: no names of columns",
                hint="begin the file with a line that names them, such as id,email",
            )

    def _read(self) -> Iterator[str]:
        for line in self._file:
            self.lines += 1
            yield decoded(self._path, line)


def blocks(file: BufferedReader, progress: Progress) -> Iterator[bytes]:
    """Yield a file in pieces."""
    while block := file.read(BLOCK):
        yield block
        progress.advance(block.count(b"\n"))


def jsonl_copies(
    path: Path, file: BufferedReader, table: Table, progress: Progress
) -> Iterator[Copy]:
    """Yield the rows of a file of JSON lines, as many together as have the same keys."""
    for line, columns, rows in Rows(path, file).runs():
        table.check(columns, path, line)
        yield Copy(path, table.copy(columns), copied(rows, columns, table, progress), line)


def copied(
    batches: Iterable[Batch], columns: list[str], table: Table, progress: Progress
) -> Iterator[bytes]:
    """Yield rows as COPY reads them."""
    encode = encoders(columns, table.columns)
    for batch in batches:
        yield copy_text(batch, encode).encode()
        progress.advance(len(batch.rows))


LOADERS: dict[str, Load] = {
    ".sql": load_sql,
    ".csv": partial(load_rows, copies=csv_copies),
    ".jsonl": partial(load_rows, copies=jsonl_copies),
}
