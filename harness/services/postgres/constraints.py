"""Constraints that can be checked at commit, rather than at each statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

QUERY = """
select coalesce(string_agg(distinct format('%I.%I', n.nspname, c.conname), ', ')
                filter (where c.condeferred), ''),
       count(*) > 0
from pg_constraint c join pg_namespace n on n.oid = c.connamespace where c.condeferrable
"""


@dataclass(frozen=True)
class Constraints:
    """The deferrable constraints of a database.

    Attributes:
        deferred: Names of those that wait for the commit, as `set constraints` takes them: a
            virtual commit checks them, and must then make them wait again.
        can_wait: Whether there is any that waits, or can be made to.
    """

    deferred: str = ""
    can_wait: bool = False

    @classmethod
    def read(cls, rows: Callable[[str], Sequence[Sequence[Any]]]) -> Constraints:
        """Read them from a database.

        Args:
            rows: Runs a query there and returns its rows.
        """
        return cls(*rows(QUERY)[0])
