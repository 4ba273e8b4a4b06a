"""A failure that is asked for at a statement. It is a value: it does nothing itself."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from typing import Any

# What comes before the first word of a statement.
LEADING = re.compile(r"(?:\s|;|--[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
# What opens, undoes or tunes a transaction or a session fails only where it is named.
QUIET = {
    "postgres": "begin|start|rollback|abort|savepoint|release|set|reset|show|deallocate|discard",
    "redis": "hello|auth|select|client|command|readonly|readwrite|reset|quit|multi|discard|unwatch",
}
LOST = "connection_lost"
REQUEST, RESPONSE = "request", "response"


@dataclass(frozen=True)
class Failure:
    """A failure at a statement.

    Attributes:
        words: How it was asked for.
        protocol: `postgres` or `redis`.
        code: The SQLSTATE of the error; empty for what has none.
        message: The error's text.
        on: A regular expression that the statement's begin matches; None for any statement.
        times: How many statements fail; None for all that come.
        after: How many that match are left alone before.
        lost: `request` or `response`, if that is lost and the connection with it; else None.
    """

    words: str
    protocol: str
    code: str = ""
    message: str = ""
    on: str | None = None
    times: int | None = 1
    after: int = 0
    lost: str | None = None

    def fields(self) -> dict[str, Any]:
        """Return it as the fields of a JSON object."""
        return dataclasses.asdict(self)

    def matches(self, statement: str) -> bool:
        r"""Tell whether it is meant for a statement.

        Example:
            >>> failure = Failure("", "postgres", on="update orders")
            >>> failure.matches("-- why\nUPDATE  orders set a = 1"), failure.matches("commit")
            (True, False)
        """
        text = bare(statement)
        if self.on is None:
            return not quiet(self.protocol).match(text)
        return pattern(self.on).match(text) is not None


def bare(statement: str) -> str:
    r"""Return a statement without comments before it, with single spaces.

    Example:
        >>> bare("/* a */ select 1,\n  2")
        'select 1, 2'
    """
    found = LEADING.match(statement)
    return " ".join(statement[found.end() if found else 0 :].split())


@functools.lru_cache
def pattern(on: str) -> re.Pattern[str]:
    """Return what the begin of a statement has to match; no word is matched in part.

    Raises:
        re.error: That is no regular expression.
    """
    re.compile(on)  # by itself, so that the place of a mistake is right
    return re.compile(rf"(?:{on})(?:(?<!\w)|(?!\w))", re.IGNORECASE | re.DOTALL)


@functools.cache
def quiet(protocol: str) -> re.Pattern[str]:
    """Return what matches statements that fail only where they are named."""
    return re.compile(rf"(?:{QUIET[protocol]})\b|$", re.IGNORECASE)
