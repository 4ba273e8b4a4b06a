"""Lines of JSON as the text that COPY reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from harness.errors import MigrationError

Encode = Callable[[Any], str]
CHUNK = 1 << 16  # bytes that are read at once
NULL = "\\N"


class Number(str):
    """A number with a fraction, in the digits that it was written with."""

    __slots__ = ()


decoder = json.JSONDecoder(parse_float=Number)


@dataclass(frozen=True)
class Batch:
    """Rows of consecutive lines with the same keys.

    Attributes:
        line: The line of the first.
        rows: The rows.
        plain: Whether no backslash is in the lines: then no value holds what COPY takes for a sign.
    """

    line: int
    rows: list[dict[str, Any]]
    plain: bool

    def goes_on(self, other: Batch) -> bool:
        """Tell whether another batch belongs to the same run as this one before it."""
        after = self.line + len(self.rows) == other.line
        return after and self.rows[0].keys() == other.rows[0].keys()


class Rows:
    """The rows of a file of JSON lines, in runs that have the same columns.

    Args:
        path: The file, for errors.
        file: The same, opened.
    """

    def __init__(self, path: Path, file: BufferedIOBase) -> None:
        self._path = path
        self._file = file
        self._batches = self._read()
        self._next: Batch | None = None

    def runs(self) -> Iterator[tuple[int, list[str], Iterator[Batch]]]:
        """Yield the line that a run begins in, its columns, and its rows, to be read at once.

        An empty line ends a run, so that its rows are in consecutive lines.

        Raises:
            MigrationError: A line is not a JSON object.
        """
        self._next = next(self._batches, None)
        while self._next is not None:
            yield self._next.line, list(self._next.rows[0]), self._run()

    def _run(self) -> Iterator[Batch]:
        while (batch := self._next) is not None:
            yield batch
            self._next = next(self._batches, None)
            if self._next is None or not batch.goes_on(self._next):
                return

    def _read(self) -> Iterator[Batch]:
        line = 1
        while lines := self._file.readlines(CHUNK):
            plain = not any(b"\\" in text for text in lines)
            for first, rows in self._parsed(line, lines):
                yield from (Batch(at, part, plain) for at, part in alike(first, rows))
            line += len(lines)

    def _parsed(self, first: int, lines: list[bytes]) -> list[tuple[int, list[dict[str, Any]]]]:
        """Return the objects of some lines: read at once, and one by one where that fails."""
        try:
            rows = decoder.decode("[" + b",".join(lines).decode() + "]")
        except ValueError:
            rows = []
        if len(rows) == len(lines) and all(row and type(row) is dict for row in rows):
            return [(first, rows)]
        numbered = [(number, text.strip()) for number, text in enumerate(lines, first)]
        return [(number, [self._object(text, number)]) for number, text in numbered if text]

    def _object(self, text: bytes, number: int) -> dict[str, Any]:
        try:
            row, end = decoder.raw_decode(text.decode())
        except ValueError as error:  # of UnicodeDecodeError and JSONDecodeError the base
            raise self._wrong(number, f"no JSON: {error}") from error
        if end != len(text.decode()):
            raise self._wrong(number, f"more than one JSON value: {text!r:.80}")
        if not isinstance(row, dict):
            raise self._wrong(number, f"a JSON {type(row).__name__}, not an object: {text!r:.80}")
        if not row:
            raise self._wrong(number, "an object without a key")
        return row

    def _wrong(self, number: int, what: str) -> MigrationError:
        return MigrationError(
            f"{self._path}, line {number}: {what}",
            hint='write one object in each line, such as {"id": 1, "email": "a@example.com"}',
        )


def alike(first: int, rows: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield rows in pieces that have the same keys, each with the line that it begins in."""
    start = 0
    for index, row in enumerate(rows):
        if row.keys() != rows[start].keys():
            yield first + start, rows[start:index]
            start = index
    yield first + start, rows[start:]


def encoders(columns: Iterable[str], kinds: dict[str, str]) -> list[tuple[str, Encode]]:
    """Return how the value of each column is written.

    Args:
        columns: The names.
        kinds: The kind of each column: `json`, `array`, or an empty text.
    """
    by_kind = {"json": json_text, "array": array_text, "": plain_text}
    return [(column, by_kind[kinds[column]]) for column in columns]


def copy_text(batch: Batch, encode: list[tuple[str, Encode]]) -> str:
    r"""Return rows as COPY reads them.

    Example:
        >>> copy_text(Batch(1, [{"id": 7}, {"id": None}], True), encoders(["id"], {"id": ""}))
        '7\n\\N\n'
    """
    columns = [
        map(
            write if batch.plain else partial(safely, write=write),
            [row[name] for row in batch.rows],
        )
        for name, write in encode
    ]
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def safely(value: Any, write: Encode) -> str:
    """Write a value that may hold what COPY takes for a sign."""
    return NULL if value is None else escaped(write(value))


def plain_text(value: Any) -> str:
    """Write a value of any type but an array or JSON; what is nested is written as JSON."""
    if isinstance(value, str):
        return value
    return NULL if value is None else written(value)


def json_text(value: Any) -> str:
    """Write a value of a JSON column; null is NULL."""
    return NULL if value is None else dumped(value)


def array_text(value: Any) -> str:
    """Write a value of an array column: a list, or the text of an array."""
    return array(value) if isinstance(value, list) else plain_text(value)


def array(values: list[Any]) -> str:
    r"""Write a list as the text of an array.

    Example:
        >>> array([1, None, "a b", ["x"], True])
        '{1,NULL,"a b",{"x"},t}'
    """
    return "{" + ",".join(map(element, values)) + "}"


def element(value: Any) -> str:
    """Write an element of an array."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return array(value)
    if type(value) is str or isinstance(value, dict):
        text = value if isinstance(value, str) else dumped(value)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return plain_text(value)


def written(value: Any) -> str:
    """Write a whole number, a truth value, or what is nested."""
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value) if isinstance(value, int) else dumped(value)


def dumped(value: Any) -> str:
    """Write a value as JSON."""
    return json.dumps(floating(value), ensure_ascii=False)


def floating(value: Any) -> Any:
    """Return a value with its numbers as JSON's: in what is nested they have 17 digits."""
    if isinstance(value, dict):
        return {key: floating(part) for key, part in value.items()}
    if isinstance(value, list):
        return [floating(part) for part in value]
    return float(value) if isinstance(value, Number) else value


def escaped(text: str) -> str:
    r"""Write a text so that COPY reads it as it is.

    Example:
        >>> print(escaped("a\tb\\"))
        a\tb\\
    """
    text = text.replace("\\", "\\\\").replace("\t", "\\t")
    return text.replace("\n", "\\n").replace("\r", "\\r")
