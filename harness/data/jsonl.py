"""Lines of JSON as the text that COPY reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import MigrationError

Encode = Callable[[Any], str]
# A row, and whether it was written without a backslash: then no value holds a sign of COPY's.
Row = tuple[dict[str, Any], bool]
NULL = "\\N"


class Number(str):
    """A number with a fraction, in the digits that it was written with."""

    __slots__ = ()


read_one = json.JSONDecoder(parse_float=Number).raw_decode


class Rows:
    """The rows of a file of JSON lines, in runs that have the same columns.

    Args:
        path: The file, for errors.
        lines: Its lines.
    """

    def __init__(self, path: Path, lines: Iterable[bytes]) -> None:
        self._path = path
        self._rows = self._parsed(lines)
        self._next: Row | None = None
        self._line = 0

    def runs(self) -> Iterator[tuple[int, list[str], Iterator[Row]]]:
        """Yield the line that a run begins in, its columns, and its rows, to be read at once.

        An empty line ends a run, so that its rows are in consecutive lines.

        Raises:
            MigrationError: A line is not a JSON object.
        """
        self._next = self._read()
        while self._next is not None:
            yield self._line, list(self._next[0]), self._run(self._next[0].keys())

    def _run(self, columns: Any) -> Iterator[Row]:
        began, count = self._line, 0
        while self._next is not None and self._next[0].keys() == columns:
            if self._line != began + count:
                break
            yield self._next
            count += 1
            self._next = self._read()

    def _read(self) -> Row | None:
        self._line, row = next(self._rows, (0, None))
        return row

    def _parsed(self, lines: Iterable[bytes]) -> Iterator[tuple[int, Row]]:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if text:
                yield number, (self._object(text, number), b"\\" not in text)

    def _object(self, text: bytes, number: int) -> dict[str, Any]:
        try:
            row, end = read_one(text.decode())
        except ValueError as error:  # of UnicodeDecodeError and JSONDecodeError the base
            raise self._wrong(number, f"no JSON: {error}") from error
        if len(text.decode()) != end:
            raise self._wrong(number, f"more than one JSON value: {text[end:]!r:.80}")
        if not isinstance(row, dict):
            raise self._wrong(number, f"a JSON {type(row).__name__}, not an object: {text!r:.80}")
        return row

    def _wrong(self, number: int, what: str) -> MigrationError:
        return MigrationError(
            f"{self._path}, line {number}: {what}",
            hint='write one object in each line, such as {"id": 1, "email": "a@example.com"}',
        )


def encoders(columns: Iterable[str], kinds: dict[str, str]) -> list[tuple[str, Encode]]:
    """Return how the value of each column is written.

    Args:
        columns: The names.
        kinds: The kind of each column: `json`, `array`, or an empty text.
    """
    by_kind = {"json": json_text, "array": array_text, "": plain_text}
    return [(column, by_kind[kinds[column]]) for column in columns]


def copy_line(row: Row, encode: list[tuple[str, Encode]]) -> str:
    r"""Return a row as COPY reads it.

    Example:
        >>> copy_line(({"id": 1, "to": None}, True), encoders(["id", "to"], {"id": "", "to": ""}))
        '1\t\\N\n'
    """
    values, plain = row
    if plain:
        return "\t".join([write(values[column]) for column, write in encode]) + "\n"
    return "\t".join([safely(values[column], write) for column, write in encode]) + "\n"


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
