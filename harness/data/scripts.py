"""SQL scripts: read statement by statement, run with errors that say where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.data.files import decoded, opened
from harness.data.statements import Statement, split
from harness.data.target import Session
from harness.errors import MigrationError

Split = Callable[[str], list[Statement]]
COPY = re.compile(r"copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
COPY_ENDS = re.compile(rb"\bfrom\s+stdin\b[^;]*;\s*$", re.IGNORECASE)
# What a recent pg_dump writes for psql alone, around its script.
RESTRICTION = re.compile(rb"\\(un)?restrict \w+\s*$")
END_OF_DATA = b"\\."
CHUNK = 1 << 16  # bytes that are sent at once
REMOVED = "the unfinished database was removed"
MEND = f"mend the statement and run the tests again; {REMOVED}"


@dataclass(frozen=True)
class Part:
    """A statement of a script, with the data that follows a `copy ... from stdin`.

    Attributes:
        statement: The statement.
        data: Its data, to be read once and before the next part; None for any other statement.
        data_line: The line that the data begins in.
    """

    statement: Statement
    data: Iterable[bytes] | None = None
    data_line: int = 0


@dataclass(frozen=True)
class Script:
    """Statements that run one after another.

    Attributes:
        path: The file they are from.
        parts: Returns them, from the beginning at each call.
        transaction: Whether they run in one transaction.
    """

    path: Path
    parts: Callable[[], Iterable[Part]]
    transaction: bool = False


def file_script(path: Path, dialect: Split | None = None) -> Script:
    """Return the script that a whole file is, whose statements commit one by one.

    Args:
        path: The file.
        dialect: Splits a text into statements; PostgreSQL's, with the data of `copy`, by itself.
    """
    return Script(path, lambda: Reader(path).parts() if dialect is None else parts(path, dialect))


def parts(path: Path, dialect: Split) -> Iterator[Part]:
    """Yield the statements of a file that has no data between them."""
    with opened(path) as (file, _):
        yield from map(Part, dialect(decoded(path, file.read())))


class Reader:
    """Reads a script, whatever the length of the data in it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = 0

    def parts(self) -> Iterator[Part]:
        """Yield the statements.

        Raises:
            MigrationError: The file is not there, or not in UTF-8.
        """
        pending: list[bytes] = []
        first = 1
        for line in self._lines():
            pending.append(line)
            if not COPY_ENDS.search(line):
                continue
            statements = self._split(pending, first)
            if statements and COPY.match(statements[-1].text):
                yield from map(Part, statements[:-1])
                yield Part(statements[-1], self._data(), self._line + 1)
                pending, first = [], self._line + 1
        yield from map(Part, self._split(pending, first))

    def _split(self, lines: list[bytes], first: int) -> list[Statement]:
        text = decoded(self._path, b"".join(lines))
        return [Statement(part.text, part.line + first - 1) for part in split(text)]

    def _lines(self) -> Iterator[bytes]:
        with opened(self._path) as (self._file, self._progress):
            for line in self._file:
                self._line += 1
                yield b"\n" if RESTRICTION.match(line) else line
            self._progress.finish()

    def _data(self) -> Iterator[bytes]:
        """Yield the lines up to the one that ends the data, many at once."""
        held: list[bytes] = []
        size = 0
        for line in self._file:
            self._line += 1
            if line.rstrip() == END_OF_DATA:
                break
            held.append(line)
            size += len(line)
            if size > CHUNK:
                yield b"".join(held)
                self._progress.advance(len(held))
                held, size = [], 0
        yield b"".join(held)


def run(script: Script, target: Session) -> None:
    """Run a script as if it had a session of its own: what it sets ends with it.

    Raises:
        MigrationError: A statement failed, with file, line, statement and the server's message;
            or the script leaves a transaction open.
    """
    last = Statement("begin", 1)
    if script.transaction:
        target.execute("begin")
    for part in script.parts():
        last = part.statement
        run_part(script.path, part, target)
    if script.transaction:
        run_part(script.path, Part(Statement("commit", last.line)), target)
    if not target.renew():
        raise MigrationError(
            f"{script.path} leaves a transaction open",
            cause="it has a BEGIN without its COMMIT, so all that follows would be lost",
            hint=f"mend it and run the tests again; {REMOVED}",
        )


def run_part(path: Path, part: Part, target: Session) -> None:
    """Run one statement.

    Raises:
        MigrationError: It failed.
    """
    try:
        target.execute(part.statement.text, part.data)
    except MigrationError:
        raise  # its data could not be read
    except Exception as error:
        refusal = target.refusal(error)
        line = part.statement.line
        if part.data is not None and refusal.line:
            line = part.data_line + refusal.line - 1
        raise failed(path, Statement(part.statement.text, line), refusal.said) from error


def failed(path: Path, statement: Statement, said: str) -> MigrationError:
    """Return the error for a statement that failed."""
    hint = MEND
    if statement.text.startswith("\\"):
        hint = "psql's own commands do not run here: write SQL"
    return MigrationError(
        f"{path}, line {statement.line}: {said}",
        detail=shortened(statement.text),
        hint=hint,
    )


def shortened(text: str, lines: int = 12) -> str:
    """Return the first lines of a long statement."""
    rows = text.splitlines()
    return "\n".join(rows if len(rows) <= lines else [*rows[:lines], "..."])
