"""Notes on somebody else's server: which databases we write in, for when we are killed.

What a killed process left in a database looks like anybody's data. So it is noted beforehand, in
another database that was found empty: a hash of number to registry. A note whose database nobody
claims any more is that of an orphan. On a server of ours there is no need for notes: every
database there is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.services.redis.claims import Claims, Survey
from harness.services.redis.connect import Session, driver

KEY = "harness:databases"


class Notes:
    """The notes of one process on a server.

    Args:
        claims: Claims on the same server.
    """

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._session: Session | None = None

    def write(self, number: int) -> None:
        """Note that a database is ours, before anything is written to it."""
        session = self._open()
        if session is not None:
            session.ask("HSET", KEY, number, self._claims.registry)

    def strike(self, number: int) -> None:
        """Strike the note out: the database is empty and given up."""
        session = self._open()
        if session is not None:
            session.ask("HDEL", KEY, number)

    def close(self) -> None:
        """Close the connection; the database of the notes is empty once the last is struck out."""
        if self._session is not None:
            self._session.close()

    def _open(self) -> Session | None:
        """Return a connection to the database of the notes; None where none can be had for it.

        Then tests run all the same, and what a killed run leaves is to be emptied by hand.
        """
        if self._session is None or self._session.is_lost():
            self._session = self._enter()
        return self._session

    def _enter(self) -> Session | None:
        session = self._claims.connect()
        try:
            survey = Survey.take(session)
            if self._join(session, survey) or self._found(session, survey):
                return session
        except BaseException:
            session.close()
            raise
        session.close()
        return None

    def _join(self, session: Session, survey: Survey) -> bool:
        """Enter a database that holds notes already, if nobody else but notes' keepers is there."""
        for number, _ in read_notes(session, survey):
            clients, _ = self._claims.enter(session, number, "notes")
            users = Survey(clients, {}).users(number, session.id)
            if all(user.keeps_notes for user in users):
                return True
        return False

    def _found(self, session: Session, survey: Survey) -> bool:
        """Enter a database that is free: the last one, for the first are for tests."""
        free = reversed(self._claims.free(survey, session.id))
        return any(self._claims.attempt(session, number, "notes") for number in free)

    def empty_orphans(self) -> list[int]:
        """Empty the databases that killed processes of this registry left; return their numbers."""
        session = self._claims.connect()
        try:
            survey = Survey.take(session)
            return [
                number
                for place, notes in list(read_notes(session, survey))
                for number, registry in notes.items()
                if registry == self._claims.registry and self._empty(session, number, place)
            ]
        finally:
            session.close()

    def _empty(self, session: Session, number: int, place: int) -> bool:
        """Empty a database, and strike out its note, unless somebody works in it."""
        if number in self._claims.reserved:  # nobody but we can have written that: look no further
            return False
        clients, _ = self._claims.enter(session, number)
        if Survey(clients, {}).users(number, session.id):
            return False
        session.ask_all(("FLUSHDB",), ("SELECT", place), ("HDEL", KEY, number))
        return True


def read_notes(session: Session, survey: Survey) -> Iterator[tuple[int, dict[int, str]]]:
    """Yield each database that holds notes, with the notes: number to registry."""
    for place, size in sorted(survey.sizes.items()):
        if size != 1:  # it holds one hash and nothing else
            continue
        _, kind = session.try_all(("SELECT", place), ("TYPE", KEY))
        if kind == b"hash":
            fields = session.ask("HGETALL", KEY)
            yield place, as_notes(fields)


def as_notes(fields: list[bytes]) -> dict[int, str]:
    """Return the notes in the answer to `HGETALL`; what is no number is none of ours."""
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return {int(n): registry.decode("utf-8", "replace") for n, registry in pairs if n.isdigit()}


def ignoring_outages(notes: Notes, number: int) -> None:
    """Strike a note out, where the server is still there."""
    try:
        notes.strike(number)
    except driver().RedisError:
        pass  # the note stays, and the next run finds an empty database under it
