"""Putting tables and sequences back to what they held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.services.postgres.commit.contents import Contents
from harness.services.postgres.commit.damage import Damage
from harness.services.postgres.commit.pristine import Sequence, Table
from harness.services.postgres.names import literal


def put_back(
    session: Any,
    damage: Damage,
    contents: Contents,
    then: str,
    others: Callable[[Table], object] | None = None,
) -> list[Any]:
    """Put tables and sequences back in one transaction.

    Args:
        session: A session in autocommit, best one that fires no triggers.
        damage: What to put back.
        contents: What tables held that were not empty.
        then: A query to run afterwards.
        others: Puts back one of the tables whose rows `contents` does not hold.

    Returns:
        The row of that.
    """
    large = [table for table in damage.tables if table.rows and table not in contents]
    whole = [table for table in damage.tables if table not in large]
    filled = [table for table in whole if table in contents]
    statements = ["begin", *deletions(whole), *(setting(s) for s in damage.sequences)]
    if filled or large:
        session.execute_simple("; ".join(statements))
        statements = []
    for table in filled:
        contents.write(session, table)
    for table in large:
        assert others is not None
        others(table)
    row: list[Any] = session.execute_simple("; ".join([*statements, "commit", then])).rows[-1]
    return row


def deletions(tables: list[Table]) -> list[str]:
    """Return the statement that empties tables.

    It is one: references are checked at its end, where they are checked at all.
    """
    if len(tables) < 2:
        return [f"delete from only {table.name}" for table in tables]
    parts = ", ".join(
        f"harness_{n} as (delete from only {table.name})" for n, table in enumerate(tables)
    )
    return [f"with {parts} select"]


def setting(sequence: Sequence) -> str:
    """Return the statement that puts a sequence back."""
    value, called = sequence.state
    return f"select setval({literal(sequence.name)}::regclass, {value}, {called})"


def settle(session: Any, sequences: list[Sequence]) -> None:
    """Have the next use of sequences written to the log: values fetched ahead are not."""
    for sequence in sequences:
        session.execute_simple(setting(sequence))
