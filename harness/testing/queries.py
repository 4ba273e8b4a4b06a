"""Counting the statements that the code under test sends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from harness.errors import ConfigurationError

__unittest = True  # frames of this module are left out of a failure's traceback

LONGEST = 300  # letters of a statement
LISTED = 20  # statements
COMMENTS = re.compile(r"\s*(?:--[^\n]*\n|/\*.*?\*/)", re.DOTALL)
TRANSACTION = re.compile(
    r"\s*(?:begin|start\s+transaction|commit|end|rollback|abort|savepoint|release"
    r"|prepare\s+transaction|set\s+(?:session\s+characteristics|transaction))\b",
    re.IGNORECASE,
)
CONSTANT = re.compile(r"'(?:[^']|'')*'|(?<![\w$\"])\d+(?:\.\d+)?\b")


class Recorded(Protocol):
    """What was sent while it was recorded."""

    statements: list[str]
    url_given: bool


class Recordable(Protocol):
    """A lease that records what the code under test sends through it."""

    def recording(self) -> AbstractContextManager[Recorded]:
        """Record until the end of the block."""


class ExpectedQueries:
    """A block that sends a given number of statements.

    Begins and ends of transactions and savepoints are not counted, nor what the lease's own methods
    send. What is sent to the server several times, as by `executemany`, counts as often.

    Args:
        db: A lease of a database.
        number: How many statements, or whatever compares equal to their number.
        at_most: How many at most, instead.
        failure: Makes the exception to raise, from its message.

    Raises:
        AssertionError: At the end of the block: there were more, or fewer.
        ConfigurationError: An argument cannot be used.

    Example:
        ::

            with ExpectedQueries(db, 2):
                load_orders(db.connection)
    """

    def __init__(
        self,
        db: Recordable,
        number: object = None,
        *,
        at_most: int | None = None,
        failure: Callable[[str], BaseException] = AssertionError,
    ) -> None:
        check_arguments(db, number, at_most)
        self._number = number
        self._at_most = at_most
        self._failure = failure
        self._recording = db.recording()
        self._recorded: Recorded | None = None

    def __enter__(self) -> ExpectedQueries:
        self._recorded = self._recording.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._recording.__exit__(None, None, None)
        if error is None and not self._as_expected(len(self.statements)):
            raise self._failure(self._message())

    @property
    def statements(self) -> list[str]:
        """What was sent so far, without begins and ends of transactions."""
        sent = [] if self._recorded is None else self._recorded.statements
        return [sql for sql in sent if not is_transaction(sql)]

    def _as_expected(self, number: int) -> bool:
        if self._at_most is not None:
            return number <= self._at_most
        return bool(self._number == number)

    def _message(self) -> str:
        sent = self.statements
        wanted = repr(self._number) if self._at_most is None else f"at most {self._at_most}"
        number = f"{len(sent)} statement{'' if len(sent) == 1 else 's'}"
        lines = [f"{number} sent, expected {wanted}", *counted(sent)]
        if self._recorded is not None and self._recorded.url_given:
            lines.append(UNSEEN)
        return "\n".join(lines)


UNSEEN = (
    "  the lease's URL was read in this test: what other connections send is not counted,\n"
    "  since no server tells it; give the code self.db.connection, or the adapter's engine"
)
REPEATED = "  likely cause: a query for each row of another one (N+1)"


def check_arguments(db: object, number: object, at_most: object) -> None:
    """Do nothing for a lease that records and one number.

    Raises:
        ConfigurationError: It is something else.
    """
    if not callable(getattr(db, "recording", None)):
        raise ConfigurationError(
            f"the statements of {db!r} cannot be counted",
            hint="pass a lease of a database, such as db=self.db",
        )
    if (number is None) == (at_most is None):
        raise ConfigurationError(
            f"a number of statements was expected, or at_most=, got {number!r} and {at_most!r}",
            hint="write one of both",
        )


def is_transaction(sql: str) -> bool:
    """Tell whether a statement only begins or ends a transaction or a savepoint.

    Example:
        >>> is_transaction("SAVEPOINT a"), is_transaction("select 1; commit")
        (True, False)
    """
    text = COMMENTS.sub("", sql) if sql.lstrip().startswith(("--", "/*")) else sql
    return TRANSACTION.match(text) is not None and ";" not in text.rstrip("; \t\r\n")


def counted(statements: Sequence[str]) -> list[str]:
    """Return the lines that show statements, those that were repeated first."""
    texts = Counter(map(without_constants, statements))
    lines = [line(text, times) for text, times in texts.most_common(LISTED)]
    if len(texts) > LISTED:
        lines.append(f"    ... and {len(texts) - LISTED} other statements")
    return [*lines, REPEATED] if texts.total() > len(texts) else lines


def line(text: str, times: int) -> str:
    """Show one statement and how often it was sent."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return f"    {f'{times} times' if times > 1 else 'once'}: {short}"


def without_constants(sql: str) -> str:
    r"""Return a statement on one line, with a `?` for each constant, so that repeats are seen.

    Example:
        >>> without_constants("select *\n from a where id = 7 and b = 'x'")
        'select * from a where id = ? and b = ?'
    """
    return " ".join(CONSTANT.sub("?", sql).split())
