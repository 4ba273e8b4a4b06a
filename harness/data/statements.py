"""Splitting an SQL script into its statements, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What can hide a semicolon, in the lexical rules of PostgreSQL
# (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
TOKEN = re.compile(
    r"""
    (?P<line_comment>--[^\n\r]*)
  | (?P<block_comment>/\*)
  | (?P<escape_string>\b[eE]'(?:[^'\\]|\\.|''|'[^\S\n]*\n\s*')*')  # the last: it goes on
  | (?P<string>'(?:[^']|'')*')
  | (?P<identifier>"(?:[^"]|"")*")
  | (?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
TRIGGER = re.compile(r"create\s+(?:temp(?:orary)?\s+)?trigger\b", re.IGNORECASE)
HEAD = 40  # characters of a statement that tell what it makes
COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class Statement:
    """One statement of a script.

    Attributes:
        text: The statement, without its semicolon and the comments before it.
        line: The line it begins in, counted from 1.
    """

    text: str
    line: int


def split(script: str) -> list[Statement]:
    r"""Split a script at the semicolons that end statements.

    Quoted strings and identifiers, dollar quotes, nested comments, parentheses (a rule may hold
    several commands), the bodies of `BEGIN ATOMIC` functions and of SQLite's triggers are left
    whole.

    Example:
        >>> [statement.text for statement in split("select ';'; -- one\nselect 2")]
        ["select ';'", 'select 2']
    """
    statements = []
    line, counted = 1, 0
    for start, end in _spans(script):
        line += script.count("\n", counted, start)
        counted = start
        statements.append(Statement(script[start:end].rstrip(), line))
    return statements


def _spans(script: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins and where it ends, white space included."""
    start: int | None = None  # of the statement, past white space and comments
    at = depth = brackets = 0
    previous = head = ""
    while at < len(script):
        match = TOKEN.match(script, at)
        kind = match.lastgroup if match else None
        end = _end_of(script, match) if match else at + 1
        if kind == "end" and depth == brackets == 0:
            if start is not None:
                yield start, at
            start, head = None, ""
        elif kind not in ("line_comment", "block_comment") and not script[at].isspace():
            start = at if start is None else start
            head = head or script[start : start + HEAD]
        if kind in ("open", "close"):
            brackets = max(0, brackets + (1 if kind == "open" else -1))
        if match and kind == "word":
            word = match.group().lower()
            depth += _nesting(previous, word, depth) or _opens_trigger(previous, word, depth, head)
            previous = word
        at = end
    if start is not None:
        yield start, len(script)


def _end_of(script: str, match: re.Match[str]) -> int:
    """Return where the token that `match` begins ends."""
    if match.lastgroup == "block_comment":
        return _end_of_comment(script, match.end())
    if match.lastgroup == "dollar":
        end = script.find(match.group(), match.end())
        return len(script) if end < 0 else end + len(match.group())
    return match.end()


def _end_of_comment(script: str, at: int) -> int:
    """Return the end of a comment that began before `at`; comments nest."""
    depth = 1
    for edge in COMMENT_EDGE.finditer(script, at):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(script)


def _opens_trigger(previous: str, word: str, depth: int, head: str) -> bool:
    """Tell whether a word begins the body of one of SQLite's triggers.

    Those of PostgreSQL have none, but may have that word for a name.
    """
    begins = word == "begin" and depth == 0 and previous not in ("trigger", "exists")
    return begins and TRIGGER.match(head) is not None


def _nesting(previous: str, word: str, depth: int) -> int:
    """Return by how much a word changes the depth of a `BEGIN ATOMIC` body."""
    if previous == "begin" and word == "atomic":
        return 1
    if depth and word == "case":
        return 1
    return -1 if depth and word == "end" else 0
