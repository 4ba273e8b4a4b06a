"""What a lost Dask worker did not come to tell, read from where its processes have written it."""

from __future__ import annotations

import threading

from harness.core import realtime as time
from harness.runner.cluster import kept, station
from harness.runner.cluster.member import RemoteMember
from harness.runner.cluster.roster import Roster
from harness.runner.cluster.tasks import Tasks

GRACE = 5.0  # seconds in which there may be another Dask worker on the same machine


class Recovery:
    """Asks for the last words of processes whose Dask worker was lost.

    Whoever is on the same machine can read them: this process, or another Dask worker, such as the
    one that a nanny starts in the place of the lost one. If nobody is, the machine is lost as well,
    and with it what had ended in the last moment: that is run again.

    Args:
        tasks: Has Dask do something.
        roster: Which Dask workers there are.
    """

    def __init__(self, tasks: Tasks, roster: Roster) -> None:
        self._tasks = tasks
        self._roster = roster
        self._lost: dict[RemoteMember, float] = {}  # until when somebody may be found
        self._asked: set[tuple[RemoteMember, str]] = set()

    def lose(self, member: RemoteMember) -> None:
        """Take note that the Dask worker of a process was lost."""
        if member.kept is None:
            member.ended(kept.LOST)  # it has not been given any work
        else:
            threading.Thread(target=self._recover, args=(member, member.kept)).start()

    def _recover(self, member: RemoteMember, where: tuple[str, int, str]) -> None:
        found = kept.recovered(*where)
        if found is None:
            self._lost[member] = time.monotonic() + GRACE
        else:
            member.heard({"at": found[0], "data": found[1], "end": kept.LOST})

    def look(self) -> None:
        """Ask those who may know; give up those of whom nobody can."""
        for member, deadline in list(self._lost.items()):
            if member.gone():
                del self._lost[member]
            elif time.monotonic() > deadline:
                member.ended(kept.LOST)
            else:
                self._ask(member)

    def _ask(self, member: RemoteMember) -> None:
        for place in self._roster.places():
            if (
                place.fits
                and place.host == member.host
                and (member, place.address) not in self._asked
            ):
                self._asked.add((member, place.address))
                self._tasks.submit(
                    place,
                    station.recover,
                    lambda error: None,
                    number=member.number,
                    kept=member.kept,
                )
