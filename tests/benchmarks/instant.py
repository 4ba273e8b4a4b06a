"""Workers that run every test in no time: what is left is what the coordinator takes.

Each is a `Member` as the coordinator knows it, in its own process, with a real socket to select by.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

from harness.runner.channel import Message
from harness.runner.events import Over, Start, Stop, Taken, encoded
from harness.runner.transport import Member

TAKEN, OVER = encoded(Taken()), encoded(Over(0.001))


class InstantMember:
    """A worker whose tests pass as soon as it is told to run them.

    Args:
        number: Which one it is.
        units: The units, each with its tests.
        lines: What it tells of each test, by its name.
    """

    def __init__(self, number: int, units: Any, lines: dict[str, bytes]) -> None:
        self.number = number
        self._units, self._lines = units, lines
        self._ours, self._theirs = socket.socketpair()
        self._messages: list[Message] = []
        self._told = b""
        self._tell(event="loaded", digest="all the same")

    def fileno(self) -> int:
        """Return what tells that there are messages."""
        return self._ours.fileno()

    def send(self, **message: Any) -> None:
        """Do what is asked, at once; the message is written and read as on a real connection."""
        asked = json.loads(json.dumps(message))
        getattr(self, f"_{asked['do']}")(asked)

    def _show(self, message: Message) -> None:
        self._tell(event="units", units=self._units, notes=[], unreached=0, path=[])

    def _run(self, message: Message) -> None:
        parts = [self._told]
        for _, tests in message["works"]:
            parts += [TAKEN, *map(self._lines.__getitem__, tests), OVER]
        self._told = b"".join(parts)
        self._tell(event="idle")

    def _end(self, message: Message) -> None:
        self._theirs.close()

    def _tell(self, **message: Any) -> None:
        self._messages.append(message)
        self._theirs.send(b"!")

    def receive(self) -> list[Message] | None:
        """Return what it has to say; None once it was told to end."""
        found, self._messages = self._messages, []
        return found if self._ours.recv(1 << 10) else None

    def read(self) -> bytes:
        """Return what it has told of tests."""
        told, self._told = self._told, b""
        return told

    def gone(self) -> bool:
        """Return whether it was told to end."""
        return self._theirs.fileno() < 0

    def interrupt(self) -> None:
        """Do nothing: it is never in the middle of anything."""

    kill = interrupt

    def end(self, patience: float) -> str:
        """Say that it has ended in order."""
        self._ours.close()
        return ""


class Instant:
    """A transport of such workers.

    Args:
        units: The units, each with its tests.
        workers: How many there are.
    """

    def __init__(self, units: Sequence[tuple[str, Sequence[str]]], workers: int) -> None:
        self._units = [[key, list(names), {}] for key, names in units]
        names = [name for _, tests in units for name in tests]
        self._lines = {
            name: encoded(Start(number, 1.5)) + encoded(Stop(number, 0.0, 0.00005, 0.0, True))
            for number, name in enumerate(names)
        }
        self._workers = workers

    def wanted(self) -> int:
        """Return how many workers there are."""
        return self._workers

    def hire(self, number: int, others: Sequence[Member]) -> InstantMember:
        """Return a worker."""
        return InstantMember(number, self._units, self._lines)
