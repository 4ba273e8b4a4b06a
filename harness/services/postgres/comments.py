"""Comments in PostgreSQL's SQL, which may be nested."""

from __future__ import annotations

import re

SPACE = re.compile(r"[\s;]*", re.ASCII)  # before a statement; empty ones mean nothing
LINE = re.compile(r"--[^\r\n]*")
OPENING = re.compile(r"--|/\*")
BRACKET = re.compile(r"/\*|\*/")


def first_word(sql: str) -> int:
    r"""Return where a statement begins, past white space and comments.

    Example:
        >>> sql = "/* a /* b */ c */ -- d\ncommit"
        >>> sql[first_word(sql):]
        'commit'
    """
    at = past(SPACE, sql, 0)
    while (end := after(sql, at)) > at:
        at = past(SPACE, sql, end)
    return at


def without_comments(sql: str) -> str:
    """Return a statement with a space for each comment; it must hold no strings.

    Example:
        >>> without_comments("commit/* all */work -- now")
        'commit work  '
    """
    parts, at = [], 0
    while found := OPENING.search(sql, at):
        parts.append(sql[at : found.start()])
        at = after(sql, found.start())
    return " ".join([*parts, sql[at:]])


def after(sql: str, at: int) -> int:
    """Return where the comment ends that begins at a place; the place itself if none does."""
    if sql.startswith("--", at):
        return past(LINE, sql, at)
    depth = 0
    for bracket in BRACKET.finditer(sql, at) if sql.startswith("/*", at) else ():
        depth += 1 if bracket[0] == "/*" else -1
        if depth == 0:
            return bracket.end()
    return len(sql) if depth else at


def past(pattern: re.Pattern[str], sql: str, at: int) -> int:
    """Return where the match of a pattern ends that begins at a place."""
    match = pattern.match(sql, at)
    return match.end() if match else at
