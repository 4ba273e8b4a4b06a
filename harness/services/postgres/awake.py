"""Which databases keep their sessions open between two tests: a server has only so many."""

from __future__ import annotations

from typing import Protocol

MOST = 2  # that are idle
SOON = 4  # leases


class Place(Protocol):
    """A database in which one process works."""

    def rest(self) -> None:
        """Close the sessions until the next test."""


class Awake:
    """The databases that keep their sessions open, though no test has them.

    Tests of one class use the same databases again and again; when a class begins that uses
    others, those of the last one rest. Not so where classes take turns: what is needed again soon
    after it was sent to rest stays awake.
    """

    def __init__(self) -> None:
        self._idle: list[Place] = []  # the last used at the end
        self._rested: dict[int, int] = {}
        self._leases = 0

    def take(self, place: Place | None) -> None:
        """Note that a test is given a database, before its sessions are used.

        Args:
            place: The database; None for a new one.
        """
        self._leases += 1
        if place in self._idle:
            self._idle.remove(place)
        elif self._leases - self._rested.get(id(place), -SOON) > SOON:
            self._keep(0)

    def keep(self, place: Place) -> None:
        """Note that a test has given a database back."""
        self._idle.append(place)
        self._keep(MOST)

    def _keep(self, most: int) -> None:
        while len(self._idle) > most:
            place = self._idle.pop(0)
            self._rested[id(place)] = self._leases
            place.rest()
