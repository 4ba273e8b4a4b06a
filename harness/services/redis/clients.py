"""The clients of a server, as it lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a connection of ours is called, by which a numbered database is known to be in use.
CLAIM = re.compile(r"harness-[0-9a-f]{8}-(db|notes)(\d+)-")
# A connection on which nothing is left; another order of fields is only read more slowly.
PLAIN = re.compile(
    rb"[^\n]* flags=N (?:capa=\S* )?db=(\d+) sub=0 psub=0 (?:ssub=0 )?multi=-1 [^\n]* user=(\S+) "
)


@dataclass(frozen=True)
class Client:
    """One connection to a server.

    Attributes:
        id: The server's number for it; never given twice.
        address: Where it comes from.
        name: What it calls itself; empty for most.
        database: The numbered database that it has selected.
        flags: One letter for each thing that is special, `N` for none.
        subscriptions: To how many channels and patterns it listens.
        in_transaction: Whether it has sent MULTI.
        user: Whom it logged in as.
        command: What it sent last.
    """

    id: int
    address: str
    name: str
    database: int
    flags: str
    subscriptions: int
    in_transaction: bool
    user: str
    command: str

    @classmethod
    def read(cls, line: str) -> Client:
        """Read a line of `CLIENT LIST`."""
        fields = dict(pair.partition("=")[::2] for pair in line.split(" "))
        return cls(
            id=int(fields["id"]),
            address=fields.get("addr", ""),
            name=fields.get("name", ""),
            database=int(fields["db"]),
            flags=fields["flags"],
            subscriptions=sum(int(fields.get(kind) or 0) for kind in ("sub", "psub", "ssub")),
            in_transaction=fields.get("multi", "-1") != "-1",
            user=fields.get("user", ""),
            command=fields.get("cmd", ""),
        )

    @property
    def claims(self) -> int | None:
        """The numbered database that it claims for its process, if it is one of ours."""
        match = CLAIM.match(self.name)
        return int(match[2]) if match else None

    @property
    def keeps_notes(self) -> bool:
        """Whether it is one of ours that claims its database for notes, not for tests."""
        match = CLAIM.match(self.name)
        return match is not None and match[1] == "notes"

    @property
    def is_blocked(self) -> bool:
        """Whether it waits in a command such as BLPOP."""
        return "b" in self.flags

    @property
    def is_subscribed(self) -> bool:
        """Whether it listens to a channel."""
        return self.subscriptions > 0

    def is_plain(self, database: int, user: str) -> bool:
        """Tell whether it is as it was when it was opened: nothing is left on it."""
        state = (self.flags, self.database, self.in_transaction, self.subscriptions)
        return state == ("N", database, False, 0) and self.user in (user, "")

    def __str__(self) -> str:
        name = self.name or "no name"
        return f"client {self.id} ({name}, {self.address}), last command: {self.command}"


def read_clients(listing: bytes) -> list[Client]:
    """Read the answer to `CLIENT LIST`."""
    text = listing.decode("utf-8", "replace")
    return [Client.read(line) for line in text.splitlines() if line]


def all_plain(listing: bytes, database: int, user: str) -> bool:
    """Tell at a glance whether all listed connections are as they were when they were opened."""
    state = (str(database).encode(), user.encode())
    matches = map(PLAIN.match, listing.splitlines())
    return all(match is not None and match.groups() == state for match in matches)
