"""Statements of PostgreSQL that fail, and what a commit looks like."""

from __future__ import annotations

import re

from harness.core.names import literal
from harness.faults.failing.failure import bare

COMMIT = re.compile(r"(?:commit|end)(?: (?:work|transaction))?[ ;]*", re.IGNORECASE)
LONGEST_NAME = 200  # bytes of the name of a prepared transaction, with the end


def raising(code: str, message: str) -> str:
    """Return a statement for which the server raises an error.

    Args:
        code: Its SQLSTATE.
        message: Its text.

    Example:
        >>> raising("40001", "no")
        "do 'begin raise exception using errcode = ''40001'', message = ''no''; end'"
    """
    body = f"begin raise exception using errcode = '{code}', message = {literal(message)}; end"
    return f"do {literal(body)}"


def is_commit(statement: str) -> bool:
    """Tell whether a statement commits, and does nothing else.

    Example:
        >>> is_commit("COMMIT;"), is_commit("commit prepared 'a'")
        (True, False)
    """
    return COMMIT.fullmatch(bare(statement)) is not None


def failing_commit() -> str:
    """Return a statement that commits but for one thing: the server refuses it at its end.

    It refuses a name that is too long after all that it does at a commit, and rolls back as it
    does whenever a commit fails. In a transaction that has failed before it is a rollback, without
    an error, as a commit is.
    """
    return f"prepare transaction '{'harness ' * (LONGEST_NAME // 7)}'"
