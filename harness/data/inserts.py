"""Seed files loaded with INSERT, where there is no COPY: into SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

from harness.core.names import identifier, literal
from harness.core.nearest import did_you_mean
from harness.data.affinity import UnfitError, converter
from harness.data.files import opened
from harness.data.jsonl import Batch, Rows, dumped
from harness.data.progress import Progress
from harness.data.records import records
from harness.data.scripts import REMOVED
from harness.data.seeds import NO_ROW, Header, kind_of, load_sql
from harness.data.tables import NAMED, Columns, table_names
from harness.data.target import Target
from harness.errors import MigrationError

MANY = 1000  # rows after which the progress is looked at
FOREIGN_KEY_VIOLATION = "SQLITE_CONSTRAINT_FOREIGNKEY"
TABLES = "select name from sqlite_master where type in ('table', 'view') order by name"
COLUMNS = "select name, type from pragma_table_xinfo({}) where hidden <> 1"
BROKEN = "select rowid, parent, fkid from pragma_foreign_key_check({}) limit 1"
REFERENCE = """
select "from" from pragma_foreign_key_list({}) where id = {} order by seq
"""


class InsertTarget(Target, Protocol):
    """A database into which rows are written by statements."""

    def insert(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row, which it asks for when it has written the last."""


def load(path: Path, target: InsertTarget) -> None:
    """Load a seed file into the table that it is named after; run it, if it is SQL.

    Raises:
        MigrationError: It does not fit the table; with file and line.
    """
    if kind_of(path) == ".sql":
        load_sql(path, target)
        return
    table = find_table(path, target)
    with opened(path) as (file, progress):
        target.execute("begin")
        target.execute("pragma defer_foreign_keys = on")  # rows of a file may refer to later ones
        for line, columns, rows in FORMS[kind_of(path)](path, file):
            table.check(columns, path, line)
            check_once(columns, path, line)
            insert(path, target, table, columns, counted(rows, progress))
        commit(path, target, table)
        progress.finish()


def check_once(columns: list[str], path: Path, line: int) -> None:
    """Do nothing for columns that differ: SQLite takes one of two without a word.

    Raises:
        MigrationError: One is named twice.
    """
    seen = [column.lower() for column in columns]
    twice = next((name for name in columns if seen.count(name.lower()) > 1), None)
    if twice is not None:
        raise refused(path, f', line {line}: column "{twice}" specified more than once')


def find_table(path: Path, target: Target) -> InsertTable:
    """Return the table that a file is named after, whatever the case of its letters.

    Raises:
        MigrationError: There is none; names the nearest.
    """
    names = table_names(path)
    known = [name for (name,) in target.rows(TABLES)]
    by_lower = {name.lower(): name for name in known}
    found = next((by_lower[name.lower()] for name in names if name.lower() in by_lower), None)
    if found is None:
        raise MigrationError(
            f"there is no table {names[-1]!r} to load {path} into",
            cause=f"{NAMED}; SQLite has no schemas",
            hint=did_you_mean(names[-1], known) if known else "write the migrations first",
        )
    return InsertTable(found, dict(target.rows(COLUMNS.format(literal(found)))))


class InsertTable(Columns):
    """A table of SQLite, which does not tell small letters from capitals."""

    def find(self, column: str) -> str | None:
        """Return the name that a column was declared with."""
        return next((name for name in self.columns if name.lower() == column.lower()), None)

    def converters(self, columns: Iterable[str], in_json: bool) -> list[Callable[[Any], Any]]:
        """Return what makes values of columns those that are stored."""
        declared = [self.columns[self.find(column) or column] for column in columns]
        return [converter(type_, in_json=in_json) for type_ in declared]


def csv_rows(
    path: Path, file: BufferedReader
) -> Iterator[tuple[int, list[str], Iterable[tuple[int, list[Any]]]]]:
    """Yield the rows of a CSV file: a line to blame for the columns, these, the rows by line."""
    header = Header(path, file)
    yield 1, header.columns, whole(path, header.columns, records(path, file, header.lines + 1))


def whole(
    path: Path, columns: list[str], rows: Iterable[tuple[int, list[Any]]]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows that have as many values as there are columns.

    Raises:
        MigrationError: One has not.
    """
    for line, values in rows:
        if len(values) != len(columns):
            said = "extra data after last expected column"
            if len(values) < len(columns):
                said = f'missing data for column "{columns[len(values)]}"'
            raise refused(path, f", line {line}: {said}")
        yield line, values


def jsonl_rows(
    path: Path, file: BufferedReader
) -> Iterator[tuple[int, list[str], Iterable[tuple[int, list[Any]]]]]:
    """Yield the rows of a file of JSON lines in the same way, those of the same keys together."""
    for line, columns, batches in Rows(path, file).runs():
        yield line, columns, in_lines(batches, columns)


def in_lines(batches: Iterable[Batch], columns: list[str]) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows, each with its line."""
    for batch in batches:
        for line, row in enumerate(batch.rows, batch.line):
            yield line, [row[column] for column in columns]


FORMS = {".csv": csv_rows, ".jsonl": jsonl_rows}


def counted(
    rows: Iterable[tuple[int, list[Any]]], progress: Progress
) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows, and say how many now and then."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % MANY == 0:
            progress.advance(MANY)


def insert(
    path: Path,
    target: InsertTarget,
    table: InsertTable,
    columns: list[str],
    rows: Iterable[tuple[int, list[Any]]],
) -> None:
    """Insert rows of the same columns.

    Raises:
        MigrationError: One is refused; with its line.
    """
    names = ", ".join(map(identifier, columns))
    marks = ", ".join("?" * len(columns))
    feed = Feed(rows, columns, table.converters(columns, kind_of(path) == ".jsonl"))
    with refusals(path, target, feed):
        target.insert(f"insert into {identifier(table.name)} ({names}) values ({marks})", feed)


class Feed:
    """Rows as they are stored, one at a time.

    Args:
        rows: Each with its line.
        columns: The names of the columns.
        converters: What makes their values those that are stored.
    """

    def __init__(
        self,
        rows: Iterable[tuple[int, list[Any]]],
        columns: list[str],
        converters: list[Callable[[Any], Any]],
    ) -> None:
        self._rows, self._columns, self._converters = rows, columns, converters
        self._line = 0
        self._unfit = ""

    @property
    def place(self) -> str:
        """Where in the file the last one was, as errors say it."""
        return f", line {self._line}" * bool(self._line) + self._unfit

    def __iter__(self) -> Iterator[list[Any]]:
        for line, values in self._rows:
            self._line = line
            try:
                row = [convert(v) for convert, v in zip(self._converters, values, strict=True)]
            except UnfitError:
                self._unfit = f", column {self._columns[self._first_unfit(values)]}"
                raise
            yield row

    def _first_unfit(self, values: list[Any]) -> int:
        for index, value in enumerate(values):
            try:
                self._converters[index](value)
            except UnfitError:
                break
        return index


@contextmanager
def refusals(path: Path, target: Target, feed: Feed) -> Iterator[None]:
    """Say in an error where in the file it is.

    Raises:
        MigrationError: SQLite refuses a row.
    """
    try:
        yield
    except MigrationError:
        raise  # the file could not be read
    except Exception as error:
        raise refused(path, f"{feed.place}: {target.refusal(error).said}") from error


def refused(path: Path, said: str, hint: str = "") -> MigrationError:
    """Return the error for a row that is refused."""
    return MigrationError(
        f"{path}{said}", hint=hint or f"correct the file and run the tests again; {REMOVED}"
    )


def commit(path: Path, target: Target, table: Columns) -> None:
    """Commit the rows of a file, whose references are checked now.

    Raises:
        MigrationError: A row refers to one that is not there; names its key.
    """
    try:
        target.execute("commit")
    except Exception as error:
        refusal = target.refusal(error)
        if refusal.code != FOREIGN_KEY_VIOLATION:
            raise refused(path, f": {refusal.said}") from error
        said = f": {refusal.said}: {missing(target, table)}"
        raise refused(path, said, NO_ROW) from error


def missing(target: Target, table: Columns) -> str:
    """Say which key a row of a table refers to that is not there."""
    own = literal(table.name)
    found = target.rows(BROKEN.format(own))
    if not found:  # a trigger has written it
        return "a row refers to one that is not there"
    row, parent, key = found[0]
    names = [name for (name,) in target.rows(REFERENCE.format(own, key))]
    listed = ", ".join(map(identifier, names))
    where = f"from {identifier(table.name)} where rowid = {row}"
    values = target.rows(f"select {listed} {where}")[0] if row is not None else ["?"]
    said = ", ".join(value if isinstance(value, str) else dumped(value) for value in values)
    return f'Key ({", ".join(names)})=({said}) is not present in table "{parent}"'
