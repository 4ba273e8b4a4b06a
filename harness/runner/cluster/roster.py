"""Which Dask workers there are, and which of them have the right code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from harness.core import realtime as time
from harness.errors import ClusterError
from harness.runner.cluster import station
from harness.runner.cluster.places import Place
from harness.runner.cluster.tasks import Tasks
from harness.runner.cluster.version import Version


class Roster:
    """The Dask workers of a cluster.

    Args:
        tasks: Has them do something.
        version: Which code they are to have.
        seconds: For how long there may be nobody who has it.
        say: Prints a line.
    """

    def __init__(
        self, tasks: Tasks, version: Version, seconds: float, say: Callable[[str], None]
    ) -> None:
        self._tasks = tasks
        self._version = version
        self._packed = version.packed()
        self._seconds = seconds
        self._say = say
        self._places: dict[str, Place] = {}
        self._changed = True
        self._alone = time.monotonic()  # since when there is nobody

    def fitting(self) -> list[Place]:
        """Return those that may be given work.

        Raises:
            ClusterError: There was nobody for too long.
        """
        if self._changed:
            self._changed = False
            self._greet()
        found = [place for place in self.places() if place.fits]
        if found:
            self._alone = time.monotonic()
        elif time.monotonic() - self._alone > self._seconds:
            raise self._nobody()
        return found

    def places(self) -> list[Place]:
        """Return all of them."""
        return list(self._places.values())

    def get(self, address: str) -> Place | None:
        """Return the one of an address, if it is still there."""
        return self._places.get(address)

    def has_changed(self) -> None:
        """Take note that somebody has come or gone."""
        self._changed = True

    def part_with(self, address: str) -> Place | None:
        """Take note that one is gone, and return it."""
        return self._places.pop(address, None)

    def _greet(self) -> None:
        """Ask those who are new which code they have."""
        found = self._tasks.workers()
        for place in self.places():
            if place.address not in found and not place.members:
                self._places.pop(place.address, None)  # it had gone before it was noted
        for address, identity in found.items():
            if address not in self._places:
                place = self._places[address] = Place.of(address, identity)
                failed = partial(self._cannot, address)
                self._tasks.submit(place, station.probe, failed, version=self._packed)

    def _cannot(self, address: str, error: BaseException) -> None:
        if type(error).__name__ != "KilledWorker":
            why = f"it cannot tell which code it has, {told(error)}"
            self.judge(address, f"{why}; the run is of {self._version}")

    def judge(self, address: str, complaint: str) -> None:
        """Take note of what is wrong with the code that one has; empty if nothing is."""
        place = self._places.get(address)
        if place is not None:
            place.fits = not complaint
            if complaint:
                self._say(f"harness: Dask worker {address} gets no work: {complaint}")

    def _nobody(self) -> ClusterError:
        wrong = sum(place.fits is False for place in self.places())
        if wrong:
            return ClusterError(
                f"none of the {wrong} Dask workers has the code of this run",
                hint="bring it to them, and start them anew",
            )
        return ClusterError(
            f"the cluster has no worker that can run tests, for {self._seconds:g} s by now",
            hint="dask worker ADDRESS, with the code of this run",
        )


def told(error: BaseException) -> str:
    """Return an error in a line."""
    lines: Iterable[str] = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {next(iter(lines))}"
