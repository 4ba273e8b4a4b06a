"""What the databases of a server share: how it was, what has changed, and how to undo that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import LeakError
from harness.services.postgres.commit.kinds import KINDS
from harness.services.postgres.connect import driver, message
from harness.services.postgres.databases import Databases
from harness.services.postgres.names import literal

# What a thing may go with, by what that is called in it.
PARTS = {"role": "role", "member": "role", "database": "database", "tablespace": "tablespace"}


@dataclass(frozen=True)
class Thing:
    """A thing that does not belong to one database.

    Attributes:
        kind: Which kind of thing.
        name: Its name.
        what: What it is, as JSON.
        xid: The transaction that has written it last; 0 where none does.
        place: Where it is written; empty where it is in no catalog.
        number: Its number, by which it is known when it gets another name; 0 where it has none.
    """

    kind: str
    name: str
    what: str
    xid: int
    place: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def fields(self) -> dict[str, Any]:
        """What it is."""
        fields: dict[str, Any] = json.loads(self.what)
        return fields

    @property
    def parts_of(self) -> set[str]:
        """The things that it goes with."""
        fields = self.fields
        named = ((kind, fields.get(key)) for key, kind in PARTS.items())
        return {f"{kind} {name}" for kind, name in named if name}


Things = dict[tuple[str, str], Thing]


@dataclass(frozen=True)
class Change:
    """What became of a thing.

    Attributes:
        before: What it was; None for a new one.
        now: What it is; None for one that is gone.
    """

    before: Thing | None
    now: Thing | None

    @property
    def kind(self) -> str:
        """Which kind of thing."""
        return self._one.kind

    @property
    def is_of_name(self) -> bool:
        """Whether it has another name now."""
        return (
            self.before is not None and self.now is not None and self.before.name != self.now.name
        )

    @property
    def _one(self) -> Thing:
        thing = self.now or self.before
        assert thing is not None
        return thing

    def follows(self, others: Iterable[Change]) -> bool:
        """Tell whether the thing only came, or went, with another one."""
        with_it = {
            str(other._one)
            for other in others
            if (other.before is None, other.now is None) == (self.before is None, self.now is None)
        }
        return bool(self._one.parts_of & with_it)

    def undo(self, databases: Databases) -> str:
        """Undo it; return what to say of it."""
        done, undone, failure = WORDS[self.before is not None, self.now is not None]
        if self.now is not None and self.is_of_name:
            done = f"renamed to {self.now.name}"
        try:
            could = self._undo(databases)
        except (driver().DatabaseError, LeakError) as error:
            reason = message(error) if isinstance(error, driver().DatabaseError) else str(error)
            return f"{self.before or self.now} was {done}, and {failure}: {reason}"
        end = f"; it was {undone}" if could else f", and {failure}"
        return f"{self.before or self.now} was {done}{end}"

    def _undo(self, databases: Databases) -> bool:
        """Undo it; tell whether there is a way."""
        kind = KINDS[self.kind]
        if self.before is None:
            assert self.now is not None
            kind.remove(databases, self.now.name, self.now.fields)
        elif kind.restore is None:
            return False
        else:
            now = None if self.now is None else {"name": self.now.name, **self.now.fields}
            kind.restore(databases, self.before.name, self.before.fields, now)
        return True


WORDS = {
    (False, True): ("created", "dropped", "cannot be dropped"),
    (True, True): ("altered", "put back", "cannot be put back"),
    (True, False): ("dropped", "made again", "cannot be made again as it was"),
}


def look(databases: Databases) -> Things:
    """Return what a server has; only a superuser may ask."""
    parts = [
        f"select {literal(name)}, t.* from ({kind.query}) t"
        for name, kind in KINDS.items()
        if kind.version <= databases.server_version
    ]
    things = [Thing(*row) for row in databases.rows(" union all ".join(parts))]
    return {(thing.kind, thing.name): thing for thing in things}


def changes(before: Things, now: Things) -> list[Change]:
    """Return what has changed, in the order in which to undo it.

    What is new goes first, roles last of it, for they may own the others; what was there comes back
    with the roles first.
    """
    new = {key: now[key] for key in now.keys() - before.keys()}
    gone = {key: before[key] for key in before.keys() - now.keys()}
    renamed = list(pairs(gone, new))
    altered = [
        Change(before[key], now[key])
        for key in before.keys() & now.keys()
        if before[key].what != now[key].what
    ]
    order = list(KINDS)
    created = sorted((Change(None, thing) for thing in new.values()), key=str)
    others = sorted([*renamed, *altered, *(Change(each, None) for each in gone.values())], key=str)
    return [
        *sorted(created, key=lambda change: -order.index(change.kind)),
        *sorted(others, key=lambda change: order.index(change.kind)),
    ]


def pairs(gone: Things, new: Things) -> Iterator[Change]:
    """Take out of both what only has another name now."""
    for key, before in list(gone.items()):
        for other, now in list(new.items()):
            if before.number and (before.kind, before.number) == (now.kind, now.number):
                del gone[key], new[other]
                yield Change(before, now)
