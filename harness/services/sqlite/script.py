"""Reading SQLite's SQL: a script's statements, and what a statement does to a transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from harness.core.names import FOLDED
from harness.data.statements import Statement

SPACE = r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
LEAD = r"(?:[\s;\ufeff]+|--[^\n]*(?:\n|$)|/\*.*?\*/)*"  # what SQLite skips before a statement
SKIPPED = re.compile(SPACE, re.DOTALL)
WORD = re.compile(rf"{SPACE}(?P<word>[a-z]+)", re.IGNORECASE | re.DOTALL)
NAME = r"""(?P<name>[^\W\d]\w*|"(?:[^"]|"")*"|'(?:[^']|'')*'|`[^`]*`|\[[^\]]*\])"""
CONTROL = re.compile(
    rf"""{LEAD}(?:
        (?P<begin>begin)\b
      | (?P<commit>commit|end)\b
      | (?P<back>rollback)(?:{SPACE}transaction)?{SPACE}\bto\b(?:{SPACE}savepoint\b)?{SPACE}{NAME}
      | (?P<rollback>rollback)\b
      | (?P<savepoint>savepoint)\b{SPACE}{NAME.replace("name", "saved")}
      | (?P<release>release)\b(?:{SPACE}savepoint\b)?{SPACE}{NAME.replace("name", "released")}
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


OF_THE_SESSION = {"pragma", "attach", "detach"}
TEMPORARY = re.compile(r"\btemp(?:orary)?\b", re.IGNORECASE)


def first_word(sql: str) -> str:
    """Return the word that a statement begins with, in small letters.

    Example:
        >>> first_word("/* all */ SELECT 1")
        'select'
    """
    match = WORD.match(sql)
    return match["word"].lower() if match else ""


def outlasts(sql: str) -> bool:
    """Tell whether a statement changes its connection, rather than the data.

    Example:
        >>> outlasts("pragma foreign_keys = off"), outlasts("delete from users")
        (True, False)
    """
    return first_word(sql) in OF_THE_SESSION or bool(TEMPORARY.search(sql))


def control_of(sql: str) -> tuple[str, str]:
    r"""Return what a statement does to transactions, and the savepoint that it names.

    Returns:
        One of `begin`, `commit`, `rollback`, `savepoint`, `release` and `back`, or nothing.

    Example:
        >>> control_of("-- done\nEND;"), control_of('rollback to "A"'), control_of("select 1")
        (('commit', ''), ('back', 'a'), ('', ''))
    """
    match = CONTROL.match(sql)
    if match is None:
        return "", ""
    kinds = ("begin", "commit", "back", "rollback", "savepoint", "release")
    kind = next(kind for kind in kinds if match[kind])
    return kind, plain(match["name"] or match["saved"] or match["released"] or "")


def plain(name: str) -> str:
    """Return a name as SQLite compares it: without quotes, in small letters.

    Example:
        >>> plain('"a ""b"" c"'), plain("[Odd]"), plain("Items")
        ('a "b" c', 'odd', 'items')
    """
    quote, end = name[:1], {"[": "]"}.get(name[:1], name[:1])
    if quote and quote in "\"'`[":
        name = name[1:-1].replace(end * 2, end)
    return name.translate(FOLDED)


def split(script: str) -> list[Statement]:
    r"""Split a script at the semicolons that end statements.

    SQLite itself says which do: strings, comments and the bodies of triggers are left whole.

    Example:
        >>> [statement.text for statement in split("select ';'; -- one\nselect 2")]
        ["select ';'", 'select 2']
    """
    statements = []
    line, counted = 1, 0
    for start, end in _spans(script):
        line += script.count("\n", counted, start)
        counted = start
        statements.append(Statement(script[start:end].rstrip().rstrip(";").rstrip(), line))
    return statements


def _spans(script: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins, past white space and comments, and where it ends."""
    start = _skip(script, 0)
    while start < len(script):
        end = _end(script, start)
        if script[start:end].strip("; \t\r\n"):
            yield start, end
        start = _skip(script, end)


def _end(script: str, start: int) -> int:
    end = script.find(";", start) + 1
    while end and not sqlite3.complete_statement(script[start:end]):
        end = script.find(";", end) + 1
    return end or len(script)


def _skip(script: str, at: int) -> int:
    match = SKIPPED.match(script, at)
    return match.end() if match else at
