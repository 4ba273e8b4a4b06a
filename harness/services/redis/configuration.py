"""The configuration of a server, which all its clients share, and what a test changed in it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import LeakError
from harness.services.redis.connect import Session, driver

# How often commands were run that change what every client sees.
CHANGING = re.compile(rb"cmdstat_config(?:\|set|\|resetstat)?:calls=\d+")
FLUSHALL = re.compile(rb"cmdstat_flushall:calls=(\d+)")
NOTE = "harness:configuration"  # in database 0 of a server of ours, which no test is given
SECRET = re.compile(r"pass|auth|secret", re.IGNORECASE)
OLD_WORD = "slave"  # every such setting is listed once more under a newer name


@dataclass(frozen=True)
class Change:
    """One setting that is not as it was.

    Attributes:
        setting: Its name.
        before: What it was, and is again.
        after: What was found.
        failure: Why it could not be put back; empty where it was.
    """

    setting: str
    before: str
    after: str
    failure: str = ""

    def __str__(self) -> str:
        values = f"from {self.before!r} to {self.after!r}"
        if SECRET.search(self.setting):
            values = "(the values are not shown)"
        return f"{self.setting} {values}" + (
            f", and could not be put back: {self.failure}" if self.failure else ""
        )


class Configuration:
    """The settings of a server as they were when we came, to compare with.

    Args:
        session: A connection to the server.
        strange: Whether the server is somebody else's, where nothing is noted.
    """

    def __init__(self, session: Session, strange: bool) -> None:
        self._lock = threading.Lock()
        stats = session.try_all(("INFO", "commandstats"))[0]
        found = settings_of(session) if strange else first_noted(session)
        self.known = found is not None and isinstance(stats, bytes)
        self._before = found or {}
        self._mark: object = CHANGING.findall(stats) if self.known else None
        self.flushes = flushes_in(stats) if self.known else 0

    def changes(self, session: Session, stats: bytes) -> list[Change]:
        """Return what was changed since we came, and put it back.

        Args:
            session: A connection to the server.
            stats: Its answer to `INFO commandstats`. Settings are compared only where a command
                that may change one was run: there are two hundred.
        """
        self.flushes = flushes_in(stats)
        mark = CHANGING.findall(stats)
        if mark == self._mark:
            return []
        with self._lock:
            now = as_dict(session.ask("CONFIG", "GET", "*"))
            self._mark = mark  # taken before: what is changed from here on is seen next time
            return [
                put_back(session, Change(name, self._before[name], value))
                for name, value in now.items()
                if self._before.get(name, value) != value and OLD_WORD not in name
            ]

    def has_flushed(self, stats: bytes) -> bool:
        """Tell whether FLUSHALL was run since `changes` was asked for last.

        Args:
            stats: The answer to `INFO commandstats`.
        """
        return flushes_in(stats) != self.flushes


def as_dict(settings: list[Any]) -> dict[str, str]:
    """Return the answer to `CONFIG GET` by name."""
    texts = [part.decode("utf-8", "surrogateescape") for part in settings]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def flushes_in(stats: bytes) -> int:
    """Return how often FLUSHALL was run, by anybody."""
    match = FLUSHALL.search(stats)
    return int(match[1]) if match else 0


def settings_of(session: Session) -> dict[str, str] | None:
    """Return all settings of a server; None where it does not tell."""
    settings = session.try_all(("CONFIG", "GET", "*"))[0]
    return as_dict(settings) if isinstance(settings, list) else None


def first_noted(session: Session) -> dict[str, str] | None:
    """Return the settings that the first of the processes found which share a server of ours.

    A later one may come in the middle of a test that has changed some.

    Args:
        session: A connection to database 0.
    """
    noted = session.ask("GET", NOTE)
    if noted is None:
        settings = settings_of(session)
        _, noted = session.ask_all(("SET", NOTE, json.dumps(settings), "NX"), ("GET", NOTE))
    found: dict[str, str] | None = json.loads(noted)
    return found


def put_back(session: Session, change: Change) -> Change:
    """Set a setting to what it was; return the change, with the reason if that failed."""
    try:
        session.ask("CONFIG", "SET", change.setting, change.before)
    except driver().ResponseError as error:
        return Change(change.setting, change.before, change.after, str(error))
    return change


def changed(changes: Sequence[Change]) -> LeakError:
    """Return the error for a test that left the server's configuration changed."""
    settings = ", ".join(map(str, changes))
    return LeakError(
        f"the server's configuration was changed and not put back: {settings}",
        cause="the test sent CONFIG SET; or, where processes share the server, "
        "another one did while this test ran",
        hint="declare Redis(exclusive=True) for tests that configure the server, "
        "or put it back in the test",
    )
