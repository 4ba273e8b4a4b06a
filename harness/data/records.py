"""The rows of a CSV file, read as COPY reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import MigrationError

FIELD = re.compile(r'((?:[^",]|"(?:[^"]|"")*")*)(,|$)')
QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def records(path: Path, file: Iterable[bytes], line: int) -> Iterator[tuple[int, list[str | None]]]:
    """Yield the rows of a CSV file, each with the line that it begins in.

    An empty value is None, one in quotes an empty text.

    Args:
        path: The file, for errors.
        file: Its lines.
        line: Number of the first of them.

    Raises:
        MigrationError: A quote is not closed, or a line is not in UTF-8.
    """
    pending, first = "", line
    for number, text in enumerate(file, line):
        pending += decoded_line(path, text, number)
        if pending.count('"') % 2 == 0:
            yield first, fields(pending.removesuffix("\n").removesuffix("\r"))
            pending, first = "", number + 1
    if pending:
        raise MigrationError(
            f"{path}, line {first}: unterminated CSV quoted field",
            hint='close it, and write a quote inside of it twice: "a ""b"" c"',
        )


def decoded_line(path: Path, text: bytes, number: int) -> str:
    """Return a line as text.

    Raises:
        MigrationError: It is not in UTF-8.
    """
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise MigrationError(
            f'{path}, line {number}: invalid byte sequence for encoding "UTF8": '
            f"0x{text[error.start]:02x}",
            hint="save the file in UTF-8",
        ) from error


def fields(record: str) -> list[str | None]:
    """Return the values of a row.

    Example:
        >>> fields('1,,"","a ""b"", c"')
        ['1', None, '', 'a "b", c']
    """
    if '"' not in record:
        return [value or None for value in record.split(",")]
    found: list[str | None] = []
    for match in FIELD.finditer(record):
        raw, end = match.groups()
        found.append(QUOTED.sub(unquoted, raw) if raw else None)
        if not end:
            break
    return found


def unquoted(match: re.Match[str]) -> str:
    """Return what is between quotes."""
    return match[1].replace('""', '"')
