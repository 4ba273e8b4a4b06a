"""A file of history: opening it, and saying what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.core import realtime as time
from harness.errors import HistoryError
from harness.report.history.schema import APPLICATION, TABLES, VERSION

PATIENCE = 10.0  # seconds to wait for another run that is writing
# What comes of damage within a value, of which SQLite knows nothing: text that is not UTF-8, JSON
# that is none, a number that is none
DAMAGE = (ValueError, zlib.error)


class History:
    """A file of history.

    Any number of processes may read and write one at once; it is to be on a local disk.

    Args:
        path: The file.
        write: Whether to write, too; the file is made if it is not there.
        patience: Seconds to wait for another process that is writing.

    Raises:
        HistoryError: It is not there, is no history, is a newer one, or cannot be used.
    """

    def __init__(self, path: Path, *, write: bool = False, patience: float = PATIENCE) -> None:
        self.path = path
        with told(path):
            if path.is_dir():
                raise IsADirectoryError("it is a directory")
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.is_file():
                raise absent(path)
            self._connection = connect(path, write, patience)
            try:
                if write:
                    prepare(self._connection, path)
                check(self._connection, path)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> History:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def wait(self, seconds: float) -> None:
        """Have changes from now on wait so many seconds for another process that is writing."""
        self.rows(f"pragma busy_timeout = {int(1000 * seconds)}")

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return what a query finds.

        Raises:
            HistoryError: The file cannot be read.
        """
        with told(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Change it in the block: all of that, or nothing where the block fails.

        Raises:
            HistoryError: It cannot be written; it is as it was.
        """
        with told(self.path), transaction(self._connection):
            yield self._connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Have all changes in the block be made, or none."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def connect(path: Path, write: bool, patience: float) -> sqlite3.Connection:
    """Return a connection to a file; one that is read alone may lie where nobody can write."""
    mode = "rwc" if write else "rw"
    if not write and not writable(path):
        mode = "ro" if beside(path, "-wal").exists() else "ro&immutable=1"
    uri = f"file:{quote(os.fsencode(os.path.realpath(path)))}?mode={mode}"
    return sqlite3.connect(
        uri, timeout=patience, isolation_level=None, check_same_thread=False, uri=True
    )


def beside(path: Path, ending: str) -> Path:
    """Return a file that SQLite keeps beside another one."""
    return path.with_name(path.name + ending)


def writable(path: Path) -> bool:
    """Tell whether readers may note beside a file that they read it.

    Where they may not write the file itself, its owner might not write what they leave beside it.
    """
    return os.access(path, os.W_OK) and os.access(Path(os.path.realpath(path)).parent, os.W_OK)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a file that is new into a history.

    With a log for writing ahead, each commit is a write and waits for no disk, readers and a writer
    go on side by side, and neither kill nor power failure leaves the file in pieces.
    """
    if is_new(connection):
        with transaction(connection):
            make(connection)
    check(connection, path)
    log_ahead(connection)
    connection.execute("pragma synchronous = normal")


def make(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process has just done so."""
    if is_new(connection):
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.execute(f"pragma user_version = {VERSION}")


def log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the log, where the disk can have one; SQLite does not wait for others there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether there is nothing in a file."""
    marks = pragma(connection, "application_id"), pragma(connection, "user_version")
    found = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    return marks == (0, 0) and not found


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a file is a history that we know.

    Raises:
        HistoryError: It is not.
    """
    if is_new(connection):
        raise HistoryError(f"there is nothing yet in the history {path}", hint=making(path))
    if pragma(connection, "application_id") != APPLICATION:
        raise HistoryError(
            f"{path} is no history of runs",
            cause="it is a database of something else",
            hint="name another file by --history; this one is left as it is",
        )
    version = pragma(connection, "user_version")
    if version > VERSION:
        raise HistoryError(
            f"the history {path} was written by a newer harness",
            cause=f"it is of version {version}, and this harness knows {VERSION}",
            hint="upgrade this harness, or name another file by --history",
        )


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    """Return a number or a word that SQLite keeps in a file."""
    return connection.execute(f"pragma {name}").fetchone()[0]


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Have errors of SQLite in the block, and damage, be told as errors of a history.

    Raises:
        HistoryError: In their place.
    """
    try:
        yield
    except (sqlite3.Error, OSError, OverflowError, *DAMAGE) as error:
        raise HistoryError(
            f"the history {path} cannot be used: {error}",
            cause=cause_of(error),
            hint="it is left as it is; mend that, move it away, or name another file by --history",
        ) from error


def cause_of(error: Exception) -> str | None:
    """Return why SQLite says so; None if it says that itself."""
    damaged = "SQLITE_CORRUPT" if isinstance(error, DAMAGE) else ""
    name = getattr(error, "sqlite_errorname", damaged)
    causes = {
        "SQLITE_NOTADB": "it is no database, or its beginning was overwritten",
        "SQLITE_CORRUPT": "it was damaged, such as by a copy that was made while a run wrote",
        "SQLITE_CANTOPEN": "it may not be read, or its directory is not there or read-only",
        "SQLITE_READONLY": "the file, or its directory, may not be written",
        "SQLITE_BUSY": "another process has been writing all the time",
    }
    return next((text for known, text in causes.items() if name.startswith(known)), None)


def absent(path: Path) -> HistoryError:
    """Return the error for a history that is not there."""
    return HistoryError(f"there is no history {path}", hint=making(path))


def making(path: Path) -> str:
    """Return what makes a history."""
    return f"`harness run --history {path}` makes one"
