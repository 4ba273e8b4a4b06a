"""Numbered databases that one process has for itself, on a server that many share.

A claim is a connection of our own that has the database selected, and a name that says so. The
server drops it with the process, however that ends, so no claim outlives its holder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.core.identity import nonce
from harness.errors import StartError
from harness.services.redis.clients import Client, read_clients
from harness.services.redis.connect import Session, accepted, driver

KEYSPACE = re.compile(rb"^db(\d+):keys=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Survey:
    """What is on a server at one moment.

    Attributes:
        clients: All connections.
        sizes: Number of keys of each database that has any.
    """

    clients: list[Client]
    sizes: dict[int, int]

    @classmethod
    def take(cls, session: Session) -> Survey:
        """Look at a server."""
        listing, keyspace = session.ask_all(("CLIENT", "LIST"), ("INFO", "keyspace"))
        sizes = {int(number): int(size) for number, size in KEYSPACE.findall(keyspace)}
        return cls(read_clients(listing), sizes)

    def users(self, number: int, own: int) -> list[Client]:
        """Return who works in a database, or has claimed it, beside one connection of ours."""
        return [c for c in self.clients if c.id != own and number in (c.database, c.claims)]


@dataclass(frozen=True)
class Claim:
    """A numbered database that is ours for as long as a session lives.

    Attributes:
        number: The database.
        session: The connection that holds the claim, with that database selected.
        size: How many keys were found in it.
    """

    number: int
    session: Session
    size: int


class Claims:
    """Claiming numbered databases on one server.

    Args:
        connect: Opens a connection of our own.
        where: The server, for the messages.
        registry: Whose claims they are, in the names of our connections.
        count: How many databases the server has.
        reserved: Numbers that are never claimed.
        strange: Whether the server is somebody else's: only empty databases are claimed.
    """

    def __init__(
        self,
        connect: Callable[[], Session],
        where: str,
        registry: str,
        count: int,
        reserved: frozenset[int],
        strange: bool,
    ) -> None:
        self.connect = connect
        self.registry = registry
        self._where = where
        self.reserved = reserved
        self._numbers = [n for n in range(count) if n not in reserved]
        self._strange = strange
        self._nonce = nonce()

    def free(self, survey: Survey, own: int) -> list[int]:
        """Return the databases that nobody works in, and that may be used."""
        return [
            number
            for number in self._numbers
            if not survey.users(number, own) and not (self._strange and survey.sizes.get(number))
        ]

    def check(self, session: Session) -> None:
        """Do nothing if a database could be claimed.

        Raises:
            StartError: None is free; with who has them.
        """
        survey = Survey.take(session)
        if not self.free(survey, session.id):
            raise self.none_free(survey, session.id)

    def take(self) -> Claim:
        """Claim a database.

        Raises:
            StartError: None is free; with who has them.
        """
        session = self.connect()
        try:
            while True:
                survey = Survey.take(session)
                free = self.free(survey, session.id)
                if not free:
                    raise self.none_free(survey, session.id)
                for number in free:
                    claim = self.attempt(session, number)
                    if claim is not None:
                        return claim
        except BaseException:
            session.close()
            raise

    def attempt(self, session: Session, number: int, kind: str = "db") -> Claim | None:
        """Try to claim a database that was free a moment ago; None when somebody was faster.

        The server runs all of it at once: of two who try, the second sees the first.
        """
        try:
            clients, size = self.enter(session, number, kind)
        except driver().ResponseError as error:
            if "out of range" not in str(error):
                raise
            self._numbers = [n for n in self._numbers if n < number]  # it did not tell how many
            return None
        others = Survey(clients, {}).users(number, session.id)
        if others or (self._strange and size):
            return None
        return Claim(number, session, size)

    def retake(self, number: int) -> Claim | None:
        """Claim a database again whose session was lost; None when it is somebody else's now.

        The test's own connections are still on it: only other claims count.
        """
        session = self.connect()
        try:
            clients, size = self.enter(session, number)
        except BaseException:
            session.close()
            raise
        if any(c.claims == number and c.id != session.id for c in clients):
            session.close()
            return None
        return Claim(number, session, size)

    def enter(self, session: Session, number: int, kind: str = "db") -> tuple[list[Client], int]:
        """Select a database under a name that says so; return who is there, and its size."""
        answers = session.ask_all(
            ("MULTI",),
            ("CLIENT", "SETNAME", f"harness-{self.registry}-{kind}{number}-{self._nonce}"),
            ("SELECT", number),
            ("CLIENT", "LIST"),
            ("DBSIZE",),
            ("EXEC",),
        )
        _, _, listing, size = accepted(answers[-1])
        return read_clients(listing), int(size)

    def none_free(self, survey: Survey, own: int) -> StartError:
        """Return the error for a server all of whose databases are taken."""
        return StartError(
            f"no numbered database is free on Redis at {self._where}",
            detail="\n".join(self._state(survey, number, own) for number in self._numbers[:16]),
            cause="tests work only in databases that nobody else uses"
            + (", empty ones, and never in number 0 nor in that of the URL" * self._strange),
            hint="raise `databases` in its configuration, or empty one that nobody needs: "
            "redis-cli -n NUMBER flushdb",
        )

    def _state(self, survey: Survey, number: int, own: int) -> str:
        users = survey.users(number, own)
        if users:
            return f"{number}: used by {users[0]}"
        return f"{number}: holds {survey.sizes.get(number, 0)} keys"
