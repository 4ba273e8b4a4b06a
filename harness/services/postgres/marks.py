"""Marks by which the databases are known that we make where others make theirs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

MARK = "harness "
# Raise it when a mark comes to mean something else: whoever knows only earlier ones then takes it
# for somebody else's, drops nothing that bears it, and makes templates of other names.
FORM = 1
LOCKS = 1 << 62  # numbers of advisory locks end below it
SIGNED = 1 << 30  # signatures begin there: as a limit of connections it is none


@dataclass(frozen=True)
class Owner:
    """Who holds a database: an advisory lock that the server drops when its holders are gone.

    Attributes:
        registry: Of which user and machine.
        lock: Number of the advisory lock.
        database: The database in which the lock is held; locks of others are not comparable.
        used: When a database was last used that is kept for the next run, in seconds since 1970;
            0 for one that goes with its holders.
        facts: What whoever finds the database must know of it.
    """

    registry: str
    lock: int
    database: str
    used: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    def mark(self) -> str:
        """Return the comment that marks a database as this owner's."""
        fields = {key: value for key, value in asdict(self).items() if value not in (0, {})}
        if FORM > 1:
            fields["form"] = FORM
        return MARK + json.dumps({"lock": self.lock, **fields}, sort_keys=True)

    @classmethod
    def read(cls, comment: str) -> Owner | None:
        """Return the owner that a comment names.

        Returns:
            None for anybody else's comment, and for a mark of a version that we do not know.
        """
        if not comment.startswith(MARK):
            return None
        try:
            fields = json.loads(comment.removeprefix(MARK))
            if fields.pop("form", 1) > FORM:
                return None
            owner = cls(**fields)
        except (ValueError, TypeError, AttributeError):
            return None
        return owner if owner.is_possible() else None

    def is_possible(self) -> bool:
        """Tell whether we can have written this: the lock becomes a part of a statement."""
        numbers = type(self.lock) is int and type(self.used) is int
        return numbers and 0 <= self.lock < LOCKS and isinstance(self.facts, dict)


def lock_number(name: str) -> int:
    """Return the number of the advisory lock of a database, or of a process."""
    return hashed(name, 8) % LOCKS


def signature(name: str, database: str) -> int:
    """Return the limit of connections with which a database is made, so high that it is none.

    It is there as soon as the database is: whoever makes one may be killed before the comment.

    Args:
        name: The database that is made.
        database: That in which its holders' locks are.
    """
    return SIGNED + hashed(f"{database}\0{name}", 4) % SIGNED


def hashed(text: str, size: int) -> int:
    """Return a number of so many bytes that follows from a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size).digest())
